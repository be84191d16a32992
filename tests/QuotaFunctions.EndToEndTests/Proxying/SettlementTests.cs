using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace QuotaFunctions.EndToEndTests.Proxying;

/// <summary>What a request comes to, by what became of it.</summary>
[Collection(ProxyFixture.Name)]
public sealed class SettlementTests(ProxyFixture fixture)
{
    private const string Body = """{"model":"sample-small","messages":[{"role":"user","content":"hello"}]}""";

    [Theory]
    [InlineData(200, 1, "succeeded")]
    [InlineData(400, 1, "client_error")]
    [InlineData(404, 1, "client_error")]
    [InlineData(429, 0, "failed")]
    [InlineData(500, 0, "failed")]
    [InlineData(503, 0, "failed")]
    public async Task The_upstreams_answer_comes_through_and_decides(int status, long cost, string outcome)
    {
        using var key = await fixture.NewKeyAsync();

        using var response = await key.PostAsync("/v1/chat/completions", Body, ("X-Sample-Status", $"{status}"));

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal($"{cost}", response.Header("X-Quota-Charged"));
        Assert.Equal($"{1000 - cost}", response.Header("X-Quota-Remaining"));
        Assert.Equal($"\"quota\";r={1000 - cost}", response.Header("RateLimit"));

        // At once, and not some time after the answer
        Assert.Equal(cost, await key.UsedAsync());
        Assert.Equal((outcome, cost), await key.OutcomeAsync());
        await key.BooksBalanceAsync();
    }

    [Fact]
    public async Task A_provider_may_refund_nothing()
    {
        using var key = await fixture.NewKeyAsync();
        var name = fixture.Scripted.On(context =>
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return Task.CompletedTask;
        });

        using var response = await key.PostAsync($"/providers/scripted-free/{name}", "{}");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(("failed", 1), await key.OutcomeAsync());
    }

    [Fact]
    public async Task A_refused_connection_is_502_and_refunded()
    {
        using var key = await fixture.NewKeyAsync();

        using var response = await key.PostAsync("/providers/unreachable/x", "{}");

        await response.IsProblemAsync(HttpStatusCode.BadGateway, "upstream_unreachable");
        Assert.Equal("0", response.Header("X-Quota-Charged"));
        Assert.Equal("1000", response.Header("X-Quota-Remaining"));
        Assert.Equal(0, await key.UsedAsync());
        Assert.Equal(("unreachable", 0), await key.OutcomeAsync());
    }

    [Fact]
    public async Task So_is_a_connection_that_breaks_before_the_headers()
    {
        using var key = await fixture.NewKeyAsync();

        using var response = await key.PostAsync("/v1/chat/completions", Body, ("X-Sample-Refuse", "1"));

        var problem = await response.IsProblemAsync(HttpStatusCode.BadGateway, "upstream_unreachable");
        Assert.Equal("upstream_unreachable", problem.GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(("unreachable", 0), await key.OutcomeAsync());
    }

    [Fact]
    public async Task An_upstream_that_fails_again_and_again_is_left_alone()
    {
        using var key = await fixture.NewKeyAsync();
        for (var i = 0; i < 20; i++)
        {
            using var failed = await key.PostAsync("/providers/unreachable-often/x", "{}");
            await failed.IsProblemAsync(HttpStatusCode.BadGateway, "upstream_unreachable");
        }

        using var response = await key.PostAsync("/providers/unreachable-often/x", "{}");

        await response.IsProblemAsync(HttpStatusCode.ServiceUnavailable, "upstream_circuit_open");
        Assert.InRange(response.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 5);
        Assert.Equal(0, await key.UsedAsync());

        // Another provider has a circuit of its own
        using var other = await key.PostAsync("/v1/chat/completions", Body);
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    [Fact]
    public async Task No_headers_in_time_is_504_and_refunded()
    {
        using var key = await fixture.NewKeyAsync();
        var name = fixture.Scripted.On(context => Task.Delay(Timeout.Infinite, context.RequestAborted));

        using var response = await key.PostAsync($"/providers/scripted-slow/{name}", "{}");

        await response.IsProblemAsync(HttpStatusCode.GatewayTimeout, "upstream_timeout");
        Assert.Equal(0, await key.UsedAsync());
        Assert.Equal(("timed_out", 0), await key.OutcomeAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stream_that_breaks_off_breaks_off_for_the_client_too(bool stream)
    {
        using var key = await fixture.NewKeyAsync();
        var arrived = new TaskCompletionSource();
        var name = fixture.Scripted.On(async context =>
        {
            context.Response.ContentLength = stream ? null : 1000;
            await context.Response.WriteAsync("half of it");
            await context.Response.Body.FlushAsync();
            await arrived.Task;
            context.Abort();
        });

        using var response = await key.SendAsync(HttpMethod.Get, $"/providers/scripted/{name}");
        arrived.SetResult();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsStringAsync());
        Assert.Equal(("truncated", 1), await key.OutcomeAsync());
        Assert.Equal(1, await key.UsedAsync());
    }

    [Theory]
    [InlineData("Content-Length: 1000\r\n\r\n", "half of it")]
    [InlineData("Content-Length: 1000\r\n\r\n", "")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\na\r\n", "half of it", "\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n14\r\n", "half of it")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\na\r\n", "half of it", "\r\n0\r\n")]
    public async Task So_does_one_that_an_upstream_closes_before_its_end(string head, string body, string rest = "")
    {
        using var key = await fixture.NewKeyAsync();
        var arrived = new TaskCompletionSource();
        var name = fixture.Scripted.OnRaw(async (_, connection) =>
        {
            await ScriptedUpstream.WriteAsync(connection, $"HTTP/1.1 200 OK\r\n{head}{body}");
            await arrived.Task;
            await ScriptedUpstream.WriteAsync(connection, rest);
        });

        using var response = await key.SendAsync(HttpMethod.Get, $"/providers/scripted-raw/{name}");
        var stream = await response.Content.ReadAsStreamAsync();
        var read = new byte[body.Length];
        await stream.ReadExactlyAsync(read).AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        arrived.SetResult();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(body, Encoding.ASCII.GetString(read));
        await Assert.ThrowsAnyAsync<IOException>(() => stream.ReadAsync(new byte[1]).AsTask().WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal(("truncated", 1), await key.OutcomeAsync());
        Assert.Equal(1, await key.UsedAsync());
        await key.BooksBalanceAsync();
    }

    [Theory]
    [InlineData("Content-Length: 5\r\nContent-Length: 5\r\n")]
    [InlineData("Content-Length: 5\r\nContent-Length: 6\r\n")]
    [InlineData("Content-Length: 5, 5\r\n")]
    [InlineData("Content-Length: abc\r\n")]
    [InlineData("Content-Length: -1\r\n")]
    [InlineData("Content-Length: 99999999999999999999\r\n")]
    public async Task A_length_that_is_none_is_502_and_refunded(string header)
    {
        using var key = await fixture.NewKeyAsync();
        var name = fixture.Scripted.OnRaw($"HTTP/1.1 200 OK\r\n{header}\r\nhello");

        using var response = await key.SendAsync(HttpMethod.Post, $"/providers/scripted-raw/{name}");

        await response.IsProblemAsync(HttpStatusCode.BadGateway, "upstream_unreachable");
        Assert.Equal("0", response.Header("X-Quota-Charged"));
        Assert.Equal(0, await key.UsedAsync());
        Assert.Equal(("unreachable", 0), await key.OutcomeAsync());
        await key.BooksBalanceAsync();
    }

    [Fact]
    public async Task A_stream_that_takes_too_long_is_cut()
    {
        using var key = await fixture.NewKeyAsync();
        var name = fixture.Scripted.On(async context =>
        {
            await context.Response.WriteAsync("begun");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });

        using var response = await key.SendAsync(HttpMethod.Get, $"/providers/scripted-slow/{name}");

        await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsStringAsync());
        Assert.Equal(("truncated", 1), await key.OutcomeAsync());
    }

    [Theory]
    [InlineData("GET", 3)]
    [InlineData("POST", 1)]
    [InlineData("DELETE", 1)]
    public async Task Only_what_is_safe_is_tried_again(string method, int expected)
    {
        using var key = await fixture.NewKeyAsync();
        var tag = Guid.NewGuid().ToString("N");

        using var response = await key.SendAsync(new HttpMethod(method), "/providers/sample/x", null, ("X-Sample-Tag", tag), ("X-Sample-Status", "503"));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        using var anyone = new HttpClient { BaseAddress = fixture.Sample.BaseAddress };
        var requests = (await (await anyone.GetAsync($"/requests/{tag}")).JsonAsync()).GetProperty("requests").GetInt32();
        Assert.Equal(expected, requests);
        Assert.Equal(0, await key.UsedAsync());
    }

    [Fact]
    public async Task A_name_that_resolves_to_a_private_address_is_not_called()
    {
        using var key = await fixture.NewKeyAsync();

        using var byName = await key.PostAsync("/providers/rebound/x", "{}");
        using var byEndpoint = await key.PostAsync("/proxy", """{"endpoint":"http://rebound.example/x"}""");

        await byName.IsProblemAsync(HttpStatusCode.Forbidden, "endpoint_not_allowed");
        await byEndpoint.IsProblemAsync(HttpStatusCode.Forbidden, "endpoint_not_allowed");
        Assert.Equal(0, await key.UsedAsync());
        await key.BooksBalanceAsync();
    }
}
