using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;
using Moq;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Proxying;
using QuotaFunctions.Core.Quotas;

namespace QuotaFunctions.Tests.Proxying;

/// <summary>Whatever happens to a request: what was charged is settled, once; what was not is neither forwarded nor settled.</summary>
public sealed class ProxyHandlerTests
{
    private static readonly KeySecret Secret = KeySecret.New("trial");
    private static readonly KeyLocator Key = KeyLocator.New(poolId: null);

    private readonly Mock<IQuotaEngine> _engine = new(MockBehavior.Strict);
    private readonly List<Settlement> _settlements = [];
    private readonly FakeTimeProvider _time = new();
    private readonly DefaultHttpContext _context = new();
    private readonly MemoryStream _answer = new();
    private ChargeRequest? _asked;

    public ProxyHandlerTests()
    {
        _context.Request.Method = "POST";
        _context.Request.Path = "/v1/chat/completions";
        _context.Request.Headers["X-API-Key"] = Secret.Reveal();
        _context.Request.ContentType = "application/json";
        _context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes("""{"model":"gpt-4o","max_tokens":100}"""));
        _context.Response.Body = _answer;
        Granted();
        _engine.Setup(engine => engine.SettleAsync(It.IsAny<Settlement>(), It.IsAny<CancellationToken>()))
            .Returns((Settlement settlement, CancellationToken token) =>
            {
                Assert.False(token.CanBeCanceled);
                _settlements.Add(settlement);
                return Task.CompletedTask;
            });
    }

    [Fact]
    public async Task What_is_asked_for_is_charged_with_all_that_is_known_of_it()
    {
        var refusal = await HandleAsync(_ => Answer(HttpStatusCode.OK, "hello"));

        Assert.Null(refusal);
        Assert.Equal("hello", Encoding.UTF8.GetString(_answer.ToArray()));
        Assert.NotNull(_asked);
        Assert.Equal(Secret.Hash, _asked.Secret.Hash);
        Assert.Equal(ChargeKind.Forward, _asked.Kind);
        Assert.Equal("p", _asked.Provider);
        Assert.Equal("gpt-4o", _asked.Model);
        Assert.Equal(5, _asked.Cost);
        Assert.Equal(100 + 8, _asked.TokenEstimate);
        Assert.Equal(IPAddress.Loopback, _asked.Address);
        Assert.Equal(_context.TraceIdentifier, _asked.RequestId);
        Assert.Null(_asked.Idempotency);
    }

    [Fact]
    public async Task A_settlement_says_how_it_went()
    {
        await HandleAsync(_ =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(250));
            return Answer(HttpStatusCode.NotFound, "");
        });

        var settlement = Assert.Single(_settlements);
        Assert.Equal(ChargeOutcome.ClientError, settlement.Outcome);
        Assert.Equal(404, settlement.Status);
        Assert.Equal(5, settlement.Cost);
        Assert.Equal(TimeSpan.FromMilliseconds(250), settlement.Latency);
    }

    [Fact]
    public async Task A_refused_charge_goes_nowhere()
    {
        _engine.Setup(engine => engine.ChargeAsync(It.IsAny<ChargeRequest>(), It.IsAny<CancellationToken>()))
            .ReturnsAsync(new ChargeResult { Refusal = ChargeRefusal.QuotaUnavailable });

        var refusal = await HandleAsync(_ => throw new InvalidOperationException("Not to be called"));

        Assert.Same(Problem.QuotaUnavailable, refusal?.Problem);
        Assert.Equal(TimeSpan.FromSeconds(1), refusal?.RetryAfter);
        Assert.Empty(_settlements);
    }

    [Fact]
    public async Task A_client_that_leaves_while_it_is_charged_is_not_forwarded()
    {
        _engine.Setup(engine => engine.ChargeAsync(It.IsAny<ChargeRequest>(), It.IsAny<CancellationToken>())).ThrowsAsync(new OperationCanceledException());

        await Assert.ThrowsAsync<OperationCanceledException>(() => HandleAsync(_ => throw new InvalidOperationException("Not to be called")));

        Assert.Empty(_settlements);
    }

    [Fact]
    public async Task Storage_that_is_away_at_the_end_takes_nothing_from_the_answer()
    {
        _engine.Setup(engine => engine.SettleAsync(It.IsAny<Settlement>(), It.IsAny<CancellationToken>())).ThrowsAsync(new QuotaUnavailableException("away"));

        Assert.Null(await HandleAsync(_ => Answer(HttpStatusCode.OK, "hello")));

        Assert.Equal("hello", Encoding.UTF8.GetString(_answer.ToArray()));
        _engine.Verify(engine => engine.SettleAsync(It.IsAny<Settlement>(), It.IsAny<CancellationToken>()), Times.Once);
    }

    [Fact]
    public async Task An_unforeseen_failure_before_the_answer_is_refunded()
    {
        await Assert.ThrowsAsync<NotSupportedException>(() => HandleAsync(_ => throw new NotSupportedException()));

        var settlement = Assert.Single(_settlements);
        Assert.Equal((ChargeOutcome.Unreachable, 0), (settlement.Outcome, settlement.Cost));
    }

    [Fact]
    public async Task An_unforeseen_failure_after_it_is_not()
    {
        _context.Response.Body = new UnwritableStream();

        await Assert.ThrowsAsync<NotSupportedException>(() => HandleAsync(_ => Answer(HttpStatusCode.OK, "hello")));

        var settlement = Assert.Single(_settlements);
        Assert.Equal((ChargeOutcome.Truncated, 5), (settlement.Outcome, settlement.Cost));
    }

    [Fact]
    public async Task A_refund_is_settled_before_the_answer_begins()
    {
        var settledAtStart = -1;
        _context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(new WatchedStream(() => settledAtStart = Math.Max(settledAtStart, _settlements.Count))));

        await HandleAsync(_ => Answer(HttpStatusCode.ServiceUnavailable, "no"));

        Assert.Equal(1, settledAtStart);
        var settlement = Assert.Single(_settlements);
        Assert.Equal((ChargeOutcome.Failed, 0), (settlement.Outcome, settlement.Cost));
        Assert.Equal("0", _context.Response.Headers["X-Quota-Charged"]);
        Assert.Equal("100", _context.Response.Headers["X-Quota-Remaining"]);
    }

    [Fact]
    public async Task A_replay_stays_at_what_it_was_charged()
    {
        Granted(cost: 0, replayed: true, QuotaUnit.Tokens);

        await HandleAsync(_ => Answer(HttpStatusCode.OK, """{"usage":{"total_tokens":70}}"""));

        Assert.Equal(0, Assert.Single(_settlements).Cost);
        Assert.Equal("true", _context.Response.Headers["Idempotency-Replayed"]);
    }

    [Theory]
    [InlineData("X-API-Key", "", "key_missing")]
    [InlineData("X-API-Key", "trial_x y", "key_invalid")]
    [InlineData("Authorization", "Basic abc", "key_missing")]
    [InlineData("Authorization", "Bearer ", "key_missing")]
    public async Task Without_a_key_nothing_is_read_or_charged(string header, string value, string code)
    {
        _context.Request.Headers.Remove("X-API-Key");
        _context.Request.Headers[header] = value;
        _context.Request.Body = new UnwritableStream();

        var refusal = await HandleAsync(_ => throw new InvalidOperationException("Not to be called"));

        Assert.Equal(code, refusal?.Problem.Code);
        Assert.Null(_asked);
    }

    private void Granted(long cost = 5, bool replayed = false, QuotaUnit unit = QuotaUnit.Requests) =>
        _engine.Setup(engine => engine.ChargeAsync(It.IsAny<ChargeRequest>(), It.IsAny<CancellationToken>()))
            .ReturnsAsync((ChargeRequest request, CancellationToken _) =>
            {
                _asked = request;
                return new ChargeResult
                {
                    Replayed = replayed,
                    KeyId = Key.KeyId,
                    Quota = new QuotaSnapshot { Type = QuotaType.Count, Unit = unit, Limit = 100, Used = cost, Remaining = 100 - cost },
                    Charge = new Charge { Key = Key, Id = new ChargeId(20260101, 1, 0), Cost = cost, At = _time.GetUtcNow(), Request = request, Unit = unit },
                };
            });

    private async Task<ProxyRefusal?> HandleAsync(Func<HttpRequestMessage, HttpResponseMessage> upstream)
    {
        using var client = new HttpClient(new StubHandler(upstream));
        var clients = new Mock<IHttpClientFactory>();
        clients.Setup(factory => factory.CreateClient("upstream-p")).Returns(client);
        var forwarder = new UpstreamForwarder(clients.Object, _time, NullLogger<UpstreamForwarder>.Instance);
        var catalog = ProxySettings.Catalog(
            ("Providers__p__BaseUrl", "https://api.example.com"), ("Providers__p__AuthScheme", "none"), ("Providers__p__Costs", "gpt-4o=5"));
        var handler = new ProxyHandler(catalog, forwarder, _engine.Object, long.MaxValue, _time, NullLogger<ProxyHandler>.Instance);
        return await handler.ForwardToModelAsync(_context, IPAddress.Loopback);
    }

    private static HttpResponseMessage Answer(HttpStatusCode status, string text) =>
        new(status) { Content = new StringContent(text, Encoding.UTF8, "application/json") };

    private sealed class StubHandler(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(answer(request));
    }

    private sealed class UnwritableStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }

    private sealed class WatchedStream(Action onWrite) : MemoryStream
    {
        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            onWrite();
            return Task.CompletedTask;
        }
    }
}
