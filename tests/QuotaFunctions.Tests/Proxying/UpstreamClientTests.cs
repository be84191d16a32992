using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Polly.CircuitBreaker;
using QuotaFunctions.Core.Proxying;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Tests.Proxying;

/// <summary>One provider's client, over real connections to an upstream that a test scripts byte by byte.</summary>
public sealed class UpstreamClientTests : IDisposable
{
    private const string Fine = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<string> _requests = [];
    private readonly FakeTimeProvider _time = new();

    public UpstreamClientTests() => _listener.Start();

    public void Dispose() => _listener.Dispose();

    [Theory]
    [InlineData("POST", true)]
    [InlineData("PUT", true)]
    [InlineData("DELETE", false)]
    public async Task A_request_on_an_idle_connection_that_was_closed_goes_out_once_more(string method, bool hasBody)
    {
        using var clients = NewClients();
        var serving = ServeAsync([Fine, ""], [Fine]);
        await AssertOkAsync(clients, "POST", Body("first"));

        await AssertOkAsync(clients, method, hasBody ? Body("second") : null);

        await serving;
        Assert.Equal(3, _requests.Count);
        Assert.Equal(_requests[1], _requests[2]);
    }

    [Fact]
    public async Task Only_once()
    {
        using var clients = NewClients();
        var serving = ServeAsync([Fine, ""], [""]);
        await AssertOkAsync(clients, "POST", Body("first"));

        await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync(clients, "POST", Body("second")));

        await serving;
        Assert.Equal(3, _requests.Count);
    }

    [Theory]
    [InlineData("H")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-")]
    public async Task Not_where_the_answer_had_begun(string begun)
    {
        using var clients = NewClients();
        var serving = ServeAsync([Fine, begun]);
        await AssertOkAsync(clients, "POST", Body("first"));

        await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync(clients, "POST", Body("second")));

        await serving;
        Assert.Equal(2, _requests.Count);
    }

    [Fact]
    public async Task Not_on_a_new_connection()
    {
        using var clients = NewClients();
        var serving = ServeAsync([""]);

        await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync(clients, "POST", Body("first")));

        await serving;
        Assert.Single(_requests);
    }

    [Fact]
    public async Task Not_with_a_body_that_is_gone()
    {
        using var clients = NewClients();
        var serving = ServeAsync([Fine, ""]);
        await AssertOkAsync(clients, "POST", Body("first"));

        await Assert.ThrowsAsync<HttpRequestException>(
            () => SendAsync(clients, "POST", new ForwardedContent("sec"u8.ToArray(), new MemoryStream("ond"u8.ToArray()), 6)));

        await serving;
        Assert.Equal(2, _requests.Count);
    }

    [Theory]
    [InlineData("Content-Length: 5\r\nContent-Length: 5\r\n")]
    [InlineData("Content-Length: 5, 5\r\n")]
    [InlineData("Content-Length: abc\r\n")]
    [InlineData("Content-Length: -1\r\n")]
    [InlineData("Content-Length: 99999999999999999999\r\n")]
    public async Task A_head_that_is_none_is_the_upstreams_fault(string headers)
    {
        using var clients = NewClients();
        var serving = ServeAsync([$"HTTP/1.1 200 OK\r\n{headers}\r\nhello"]);

        await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync(clients, "POST", Body("first")));

        await serving;
    }

    [Fact]
    public async Task What_is_safe_is_asked_for_three_times_within_one_time_out()
    {
        var attempts = 0;
        using var client = NewClient(_ =>
        {
            attempts++;
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.ServiceUnavailable));
        });

        using var answer = await FinishAsync(client, HttpMethod.Get);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal(3, attempts);
    }

    [Fact]
    public async Task A_time_out_is_not_tried_again_and_opens_the_circuit()
    {
        var attempts = 0;
        using var client = NewClient(async stop =>
        {
            attempts++;
            await Task.Delay(Timeout.Infinite, stop);
            throw new InvalidOperationException("Not reached");
        });

        for (var i = 0; i < 20; i++)
        {
            await Assert.ThrowsAsync<TimeoutException>(() => FinishAsync(client, HttpMethod.Get));
        }

        await Assert.ThrowsAnyAsync<BrokenCircuitException>(() => FinishAsync(client, HttpMethod.Get));
        Assert.Equal(20, attempts);
    }

    [Fact]
    public async Task A_connection_that_takes_too_long_is_given_up_before_the_answer_is()
    {
        var catalog = ProxySettings.Catalog(
            ("Providers__p__BaseUrl", "http://host.example"), ("Providers__p__AuthScheme", "none"), ("Providers__p__ConnectTimeoutSeconds", "1"), ("Providers__p__TimeoutSeconds", "900"));
        var connector = new UpstreamConnector(async (_, stop) =>
        {
            await Task.Delay(Timeout.Infinite, stop);
            return [];
        });
        using var clients = new UpstreamClients(catalog, connector, TimeProvider.System, NullLogger<UpstreamClient>.Instance);
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://host.example/");

        await Assert.ThrowsAsync<HttpRequestException>(() => clients.Of(catalog.Providers[0]).SendAsync(request, new ForwardProgress(), TimeSpan.MaxValue, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20)));
    }

    private static ForwardedContent Body(string text) => new(Encoding.ASCII.GetBytes(text), rest: null, text.Length);

    private UpstreamClients NewClients() => new(Catalog(), new UpstreamConnector(), TimeProvider.System, NullLogger<UpstreamClient>.Instance);

    private UpstreamClient NewClient(Func<CancellationToken, Task<HttpResponseMessage>> answer) =>
        new(ProxySettings.Provider("https://api.example.com", ("TimeoutSeconds", "1")), new Stub(answer), _time, NullLogger<UpstreamClient>.Instance);

    private ProviderCatalog Catalog() =>
        ProxySettings.Catalog(("Providers__p__BaseUrl", $"http://{_listener.LocalEndpoint}"), ("Providers__p__AuthScheme", "none"));

    private async Task<HttpResponseMessage> FinishAsync(UpstreamClient client, HttpMethod method)
    {
        using var request = new HttpRequestMessage(method, "https://api.example.com/");
        var sending = client.SendAsync(request, new ForwardProgress(), TimeSpan.MaxValue, CancellationToken.None);
        await Eventually.TrueAsync(() =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            return sending.IsCompleted;
        });
        return await sending;
    }

    private async Task<HttpResponseMessage> SendAsync(UpstreamClients clients, string method, HttpContent? content)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), $"http://{_listener.LocalEndpoint}/") { Content = content };
        return await clients.Of(Catalog().Providers[0]).SendAsync(request, new ForwardProgress(), TimeSpan.MaxValue, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20));
    }

    private async Task AssertOkAsync(UpstreamClients clients, string method, HttpContent? content)
    {
        using var answer = await SendAsync(clients, method, content);
        Assert.Equal("ok", await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Takes as many connections as there are lists; on each it answers so many requests, then closes it.</summary>
    private async Task ServeAsync(params string[][] connections)
    {
        foreach (var answers in connections)
        {
            using var connection = await _listener.AcceptSocketAsync();
            foreach (var answer in answers)
            {
                _requests.Add(await ReadRequestAsync(connection));
                await connection.SendAsync(Encoding.ASCII.GetBytes(answer));
            }

            connection.Shutdown(SocketShutdown.Both);
        }
    }

    private static async Task<string> ReadRequestAsync(Socket connection)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (true)
        {
            var head = text.ToString();
            var end = head.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end >= 0)
            {
                var length = head.Split("\r\n").FirstOrDefault(line => line.StartsWith("Content-Length: ", StringComparison.Ordinal));
                if (head.Length == end + 4 + (length is null ? 0 : int.Parse(length[16..], System.Globalization.CultureInfo.InvariantCulture)))
                {
                    return head;
                }
            }

            text.Append(Encoding.ASCII.GetString(buffer, 0, await connection.ReceiveAsync(buffer)));
        }
    }

    private sealed class Stub(Func<CancellationToken, Task<HttpResponseMessage>> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => answer(cancellationToken);
    }
}
