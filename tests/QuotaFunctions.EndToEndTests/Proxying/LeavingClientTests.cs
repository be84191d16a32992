using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace QuotaFunctions.EndToEndTests.Proxying;

/// <summary>What a request comes to whose client leaves, or is slow to send it.</summary>
[Collection(ProxyFixture.Name)]
public sealed class LeavingClientTests(ProxyFixture fixture)
{
    [Fact]
    public async Task A_client_that_leaves_before_the_headers_has_paid()
    {
        using var key = await fixture.NewKeyAsync();
        var arrived = new TaskCompletionSource();
        var left = new TaskCompletionSource();
        var name = fixture.Scripted.On(async context =>
        {
            context.RequestAborted.Register(left.SetResult);
            arrived.SetResult();
            await left.Task;
        });
        using var leaving = new CancellationTokenSource();

        var request = key.Client.PostAsync($"/providers/scripted/{name}", new StringContent("{}"), leaving.Token);
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(20));
        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        await left.Task.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(("client_closed", 1), await key.OutcomeAsync());
        Assert.Equal(1, await key.UsedAsync());
    }

    [Fact]
    public async Task A_client_that_leaves_in_mid_stream_has_paid_and_the_upstream_is_told()
    {
        using var key = await fixture.NewKeyAsync();
        var left = new TaskCompletionSource();
        var name = fixture.Scripted.On(async context =>
        {
            context.RequestAborted.Register(left.SetResult);
            await context.Response.WriteAsync("data: 1\n\n");
            await context.Response.Body.FlushAsync();
            await left.Task;
        });

        using (var response = await key.SendAsync(HttpMethod.Get, $"/providers/scripted/{name}"))
        {
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
            Assert.Equal("data: 1", await reader.ReadLineAsync());
        }

        await left.Task.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(("client_closed", 1), await key.OutcomeAsync());
    }

    [Fact]
    public async Task A_client_that_is_slow_to_send_is_no_fault_of_the_upstream()
    {
        using var key = await fixture.NewKeyAsync();
        var name = fixture.Scripted.On(context => context.Request.Body.CopyToAsync(Stream.Null));

        // More often than the upstream may fail before it is left alone
        var statuses = await Task.WhenAll(Enumerable.Range(0, 25).Select(_ => SendHalfAsync($"/providers/scripted-slow/{name}", key.Secret)));
        using var next = await key.PostAsync($"/providers/scripted-slow/{name}", "{}");

        Assert.All(statuses, status => Assert.Equal("HTTP/1.1 400 Bad Request", status));
        Assert.Equal(HttpStatusCode.OK, next.StatusCode);
        await key.UsedBecomesAsync(1);
        await key.BooksBalanceAsync();
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task A_client_that_leaves_while_it_sends_has_paid(bool reset, bool hasLength)
    {
        using var key = await fixture.NewKeyAsync();
        var arrived = new TaskCompletionSource();
        var name = fixture.Scripted.On(async context =>
        {
            await context.Request.Body.ReadExactlyAsync(new byte[1000]);
            arrived.SetResult();
            await context.Request.Body.CopyToAsync(Stream.Null);
        });

        using (var client = new TcpClient { LingerState = new LingerOption(reset, 0) })
        {
            await SendHalfAsync(client, $"/providers/scripted/{name}", key.Secret, hasLength);
            await arrived.Task.WaitAsync(TimeSpan.FromSeconds(20));
        }

        Assert.Equal(("client_closed", 1), await key.OutcomeAsync());
        Assert.Equal(1, await key.UsedAsync());
    }

    /// <summary>Sends half of a body, and then nothing. Returns the first line of the answer.</summary>
    private async Task<string?> SendHalfAsync(string path, string secret)
    {
        using var client = new TcpClient();
        await SendHalfAsync(client, path, secret);
        using var reader = new StreamReader(client.GetStream());
        return await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20));
    }

    private async Task SendHalfAsync(TcpClient client, string path, string secret, bool hasLength = true)
    {
        await client.ConnectAsync(IPAddress.Loopback, fixture.Host.BaseAddress.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: x\r\nX-API-Key: {secret}\r\n{(hasLength ? "Content-Length: 4000000\r\n\r\n" : "Transfer-Encoding: chunked\r\n\r\n3d0900\r\n")}"));
        await stream.WriteAsync(new byte[2_000_000]);
    }
}
