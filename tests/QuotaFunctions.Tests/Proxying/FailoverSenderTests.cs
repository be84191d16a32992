using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Moq;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Proxying;
using QuotaFunctions.Tests.Telemetry;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Tests.Proxying;

/// <summary>Which target and which credential is tried next, and when no other is.</summary>
public sealed class FailoverSenderTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly ForwardProgress _progress = new();
    private readonly List<string> _sent = [];
    private readonly Dictionary<string, Func<string, HttpResponseMessage>> _answers = [];
    private readonly CancellationTokenSource _left = new();
    private readonly ProviderCatalog _catalog = ProxySettings.Catalog(
        ("Providers__a__BaseUrl", "https://a.example.com"), ("Providers__a__ApiKey", "a1"), ("Providers__a__TimeoutSeconds", "10"),
        ("Providers__b__BaseUrl", "https://b.example.com"), ("Providers__b__ApiKey", "b1"), ("Providers__b__Credentials__0", "b2"),
        ("Providers__c__BaseUrl", "https://c.example.com"), ("Providers__c__AuthScheme", "none"));

    private readonly UpstreamClients _clients;
    private readonly FailoverSender _sender;

    public FailoverSenderTests()
    {
        _clients = new UpstreamClients(_catalog, _ => new Stub(this), _time, NullLogger<UpstreamClient>.Instance);
        var forwarder = new UpstreamForwarder(_clients, Options.Create(new KestrelServerOptions()), _time, NullLogger<UpstreamForwarder>.Instance);
        var notes = new CredentialNotes(Mock.Of<TableServiceClient>(), new StorageNames(Options.Create(new StorageOptions())), _time, NullLogger<CredentialNotes>.Instance);
        _sender = new FailoverSender(forwarder, new CredentialRotation(_catalog, _time), notes, TestMeters.Upstream(), _time, NullLogger<FailoverSender>.Instance);
    }

    private string Tried => string.Join(", ", _progress.Tried.Select(tried => $"{tried.Provider}:{tried.Outcome}"));

    [Theory]
    [InlineData(200, false)]
    [InlineData(400, false)]
    [InlineData(401, true)]
    [InlineData(402, true)]
    [InlineData(403, false)]
    [InlineData(404, false)]
    [InlineData(429, true)]
    [InlineData(500, true)]
    [InlineData(503, true)]
    [InlineData(599, true)]
    public async Task The_next_target_is_tried_after_these_answers(int status, bool goesOn)
    {
        Answers("a", status);

        var sent = await SendAsync("a", "c");

        Assert.Equal(goesOn ? 200 : status, sent.Status);
        Assert.Equal(goesOn ? $"a:{status}, c:200" : $"a:{status}", Tried);
        Assert.Equal(goesOn ? "c" : "a", sent.Request.Provider.Name);
        Assert.Equal(goesOn ? 2 : 1, _progress.Attempts);
    }

    [Fact]
    public async Task And_where_no_answer_comes()
    {
        _answers["a"] = _ => throw new HttpRequestException("Refused");

        Assert.Equal(200, (await SendAsync("a", "c")).Status);
        Assert.Equal("a:unreachable, c:200", Tried);
    }

    [Fact]
    public async Task And_where_no_headers_come_in_time()
    {
        _answers["a"] = _ => throw new OperationCanceledException();
        var sending = SendAsync("a", "c");

        Assert.Equal(200, (await PassedAsync(sending)).Status);
        Assert.Equal("a:timed_out, c:200", Tried);
    }

    [Fact]
    public async Task And_where_its_circuit_is_open()
    {
        _answers["a"] = _ => throw new HttpRequestException("Refused");
        for (var request = 0; request < 20; request++)
        {
            await SendAsync("a");
        }

        _progress.Tried.Clear();
        Assert.Equal(200, (await SendAsync("a", "c")).Status);
        Assert.Equal("a:circuit_open, c:200", Tried);
    }

    [Fact]
    public async Task All_have_one_deadline()
    {
        _answers["a"] = _answers["b"] = _answers["c"] = _ => throw new OperationCanceledException();

        var sent = await PassedAsync(SendAsync(["a", "c", "b"], TimeSpan.FromSeconds(15)));

        Assert.Equal(ForwardOutcome.TimedOut, sent.Response.End);
        Assert.Equal("a:timed_out, c:timed_out", Tried);
    }

    [Fact]
    public async Task The_last_answer_counts_whatever_it_is()
    {
        Answers("a", 429);
        Answers("c", 500);

        Assert.Equal(500, (await SendAsync("a", "c")).Status);
    }

    [Fact]
    public async Task Who_has_left_is_not_sent_to_another()
    {
        _answers["a"] = _ =>
        {
            _left.Cancel();
            throw new OperationCanceledException();
        };

        Assert.Equal(ForwardOutcome.ClientClosed, (await SendAsync("a", "c")).Response.End);
        Assert.Equal("a:client_closed", Tried);
    }

    [Fact]
    public async Task A_body_that_cannot_be_sent_again_is_not()
    {
        Answers("b", 429);

        Assert.Equal(429, (await SendAsync(["b", "c"], rest: new MemoryStream("rest"u8.ToArray()))).Status);
        Assert.Equal(["b1 {}rest"], _sent);
    }

    [Fact]
    public async Task Each_gets_the_body_with_its_own_model()
    {
        Answers("a", 500);
        var edit = ModelPlace.Put("""{"model":"smart"}"""u8, isWhole: true, "x");

        await _sender.SendAsync(
            [Request("a", """{"model":"smart"}""") with { Edit = edit }, Request("c", """{"model":"smart"}""")], TimeSpan.FromSeconds(100), Same, Attendance());

        Assert.Equal(["a1 {\"model\":\"x\"}", " {\"model\":\"smart\"}"], _sent);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(402)]
    [InlineData(403)]
    [InlineData(429)]
    public async Task Another_credential_is_tried_at_once(int status)
    {
        _answers["b"] = key => new HttpResponseMessage(key == "b1" ? (HttpStatusCode)status : HttpStatusCode.OK);

        Assert.Equal(200, (await SendAsync("b")).Status);
        Assert.Equal(["b1 {}", "b2 {}"], _sent);
        Assert.Equal($"b:{status}, b:200", Tried);

        // The first one rests
        await SendAsync("b");
        await SendAsync("b");
        Assert.Equal(["b2 {}", "b2 {}"], _sent[2..]);
        _time.Advance(CredentialRotation.DefaultRest);
        await SendAsync("b");
        await SendAsync("b");
        Assert.Contains("b1 {}", _sent[4..]);
    }

    [Fact]
    public async Task A_failure_that_is_not_about_the_credential_is_none_of_its_business()
    {
        Answers("b", 500);

        Assert.Equal(500, (await SendAsync("b")).Status);
        Assert.Equal(["b1 {}"], _sent);
    }

    [Fact]
    public async Task A_provider_whose_credentials_all_rest_is_passed_over_but_for_the_last()
    {
        _answers["b"] = _ => new HttpResponseMessage(HttpStatusCode.TooManyRequests) { Headers = { RetryAfter = new RetryConditionHeaderValue(TimeSpan.FromSeconds(7)) } };
        await SendAsync("b", "c");
        Assert.Equal("b:429, b:429, c:200", Tried);
        _progress.Tried.Clear();
        await SendAsync("b", "c");
        Assert.Equal("b:resting, c:200", Tried);
        _progress.Tried.Clear();
        Assert.Equal(429, (await SendAsync("b")).Status);
        Assert.Equal("b:429", Tried);

        _progress.Tried.Clear();
        _time.Advance(TimeSpan.FromSeconds(7));
        await SendAsync("b", "c");
        Assert.StartsWith("b:429", Tried, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ten_attempts_are_the_most()
    {
        Answers("c", 500);

        await SendAsync([.. Enumerable.Repeat("c", 12)]);

        Assert.Equal(FailoverSender.MaxAttempts, _sent.Count);
    }

    public void Dispose()
    {
        _clients.Dispose();
        _left.Dispose();
    }

    private static UpstreamRequest Same(UpstreamRequest request) => request;

    private void Answers(string provider, int status) => _answers[provider] = _ => new HttpResponseMessage((HttpStatusCode)status);

    private Attendance Attendance() => new(TimeSpan.Zero, _time, _left.Token, CancellationToken.None);

    private Task<SentRequest> SendAsync(params string[] providers) => SendAsync(providers, TimeSpan.FromSeconds(100));

    private async Task<SentRequest> SendAsync(string[] providers, TimeSpan? timeout = null, Stream? rest = null)
    {
        using var attendance = Attendance();
        return await _sender.SendAsync([.. providers.Select(provider => Request(provider, "{}", rest))], timeout ?? TimeSpan.FromSeconds(100), Same, attendance);
    }

    private async Task<SentRequest> PassedAsync(Task<SentRequest> sending)
    {
        await Eventually.TrueAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return sending.IsCompleted;
        });
        return await sending;
    }

    private UpstreamRequest Request(string provider, string body, Stream? rest = null) => new()
    {
        Provider = _catalog.Find(provider)!,
        Target = new Uri($"https://{provider}.example.com/v1/chat/completions"),
        Method = HttpMethod.Post,
        Charged = new ChargeTarget(provider, "x", "/v1/chat/completions", 1),
        Headers = [],
        Content = new ForwardedContent(Encoding.UTF8.GetBytes(body), rest, length: null),
        RequestId = "the-request",
        Progress = _progress,
    };

    private sealed class Stub(FailoverSenderTests tests) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var key = request.Headers.Authorization?.Parameter ?? "";
            tests._sent.Add($"{key} {await request.Content!.ReadAsStringAsync(cancellationToken)}");
            try
            {
                return tests._answers.TryGetValue(request.RequestUri!.Host[..1], out var answer) ? answer(key) : new HttpResponseMessage();
            }
            catch (OperationCanceledException) when (!tests._left.IsCancellationRequested)
            {
                // Nothing comes
                await Task.Delay(Timeout.Infinite, cancellationToken);
                throw;
            }
        }
    }
}
