using System.IO.Compression;
using System.Net;
using System.Text;
using Azure;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Moq;
using Polly.CircuitBreaker;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Core.Proxying;
using QuotaFunctions.Tests.Telemetry;
using QuotaFunctions.TestSupport;

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
    private readonly CancellationTokenSource _ended = new();
    private readonly Mock<IKeyDirectory> _directory = new();
    private readonly Mock<TableClient> _table = new();
    private TableEntity? _kept;
    private bool _keepsAnswers = true;
    private string _costs = "gpt-4o=5";
    private bool _clamps = true;
    private (string Name, string? Value)[] _settings = [];
    private ChargeRequest? _asked;

    public ProxyHandlerTests()
    {
        _context.Request.Method = "POST";
        _context.Request.Path = "/v1/chat/completions";
        _context.Request.Headers["X-API-Key"] = Secret.Reveal();
        _context.Request.ContentType = "application/json";
        _context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes("""{"model":"gpt-4o","max_tokens":100}"""));
        _context.Response.Body = _answer;
        _directory.Setup(directory => directory.FindAsync(It.IsAny<KeySecret>(), It.IsAny<CancellationToken>())).ReturnsAsync(Key);
        _table.Setup(table => table.UpsertEntityAsync(It.IsAny<TableEntity>(), It.IsAny<TableUpdateMode>(), It.IsAny<CancellationToken>()))
            .ReturnsAsync((TableEntity row, TableUpdateMode _, CancellationToken _) =>
            {
                Assert.Empty(_settlements);
                _kept = row.ContainsKey("Status") ? row : _kept;
                return Mock.Of<Response>();
            });
        _table.Setup(table => table.GetEntityIfExistsAsync<TableEntity>(It.IsAny<string>(), It.IsAny<string>(), It.IsAny<IEnumerable<string>>(), It.IsAny<CancellationToken>()))
            .ReturnsAsync(() => _kept is { } row ? Response.FromValue(row, Mock.Of<Response>()) : Mock.Of<NullableResponse<TableEntity>>(none => none.GetRawResponse() == Mock.Of<Response>()));
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
        Assert.Equal(new CostEstimate(100 + 8, Least: 16 + 8), _asked.TokenEstimate);
        Assert.Null(_asked.DollarEstimate);
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
        Assert.Empty(_settlements);
        Assert.Equal((Key.KeyId, false), Admission());
    }

    [Fact]
    public async Task What_goes_wrong_after_the_charge_is_no_refusal()
    {
        var refusal = await HandleAsync(_ => throw new HttpRequestException("Refused"));

        Assert.Same(Problem.UpstreamUnreachable, refusal?.Problem);
        Assert.Equal((Key.KeyId, true), Admission());
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
        _engine.Setup(engine => engine.SettleAsync(It.IsAny<Settlement>(), It.IsAny<CancellationToken>())).ThrowsAsync(new StorageUnavailableException("away"));

        Assert.Null(await HandleAsync(_ => Answer(HttpStatusCode.OK, "hello")));

        Assert.Equal("hello", Encoding.UTF8.GetString(_answer.ToArray()));
        _engine.Verify(engine => engine.SettleAsync(It.IsAny<Settlement>(), It.IsAny<CancellationToken>()), Times.Once);
    }

    [Fact]
    public async Task Whatever_fails_before_the_answer_is_the_upstreams_fault_and_refunded()
    {
        var refusal = await HandleAsync(_ => throw new NotSupportedException());

        Assert.Same(Problem.UpstreamUnreachable, refusal?.Problem);
        var settlement = Assert.Single(_settlements);
        Assert.Equal((ChargeOutcome.Unreachable, 0, TimeSpan.Zero), (settlement.Outcome, settlement.Cost, settlement.Latency));
    }

    [Theory]
    [InlineData("5, 5")]
    [InlineData("abc")]
    [InlineData("-1")]
    [InlineData("99999999999999999999")]
    public async Task An_answer_whose_length_is_none_is_no_answer(string length)
    {
        var refusal = await HandleAsync(_ =>
        {
            var answer = new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent([]) };
            Assert.True(answer.Content.Headers.TryAddWithoutValidation("Content-Length", length));
            return answer;
        });

        Assert.Same(Problem.UpstreamUnreachable, refusal?.Problem);
        Assert.Equal(0, Assert.Single(_settlements).Cost);
    }

    [Fact]
    public async Task The_client_has_all_of_the_answer_before_it_is_settled()
    {
        var body = new EndedBody();
        _context.Features.Set<IHttpResponseBodyFeature>(body);
        var wasComplete = false;
        _engine.Setup(engine => engine.SettleAsync(It.IsAny<Settlement>(), It.IsAny<CancellationToken>()))
            .Returns(() =>
            {
                wasComplete = body.IsComplete;
                return Task.CompletedTask;
            });

        await HandleAsync(_ => Answer(HttpStatusCode.OK, "hello"));

        Assert.True(wasComplete);
    }

    [Fact]
    public async Task An_answer_that_breaks_off_whichever_way_is_truncated()
    {
        await HandleAsync(_ => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new UnwritableStream()) });

        var settlement = Assert.Single(_settlements);
        Assert.Equal((ChargeOutcome.Truncated, 5), (settlement.Outcome, settlement.Cost));
    }

    [Theory]
    [InlineData(false, ChargeOutcome.Truncated)]
    [InlineData(true, ChargeOutcome.ClientClosed)]
    public async Task What_the_host_ends_is_truncated_unless_the_client_has_left(bool clientLeft, ChargeOutcome outcome)
    {
        using var left = new CancellationTokenSource();
        _context.RequestAborted = left.Token;
        using var stalled = new StalledStream();
        var handling = HandleAsync(_ => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(stalled) });
        await stalled.IsRead.WaitAsync(TimeSpan.FromSeconds(20));

        // The host ends the invocation of a client that has left, too, and this is known first
        await _ended.CancelAsync();
        if (clientLeft)
        {
            await left.CancelAsync();
        }

        await Eventually.TrueAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return handling.IsCompleted;
        });
        await handling;
        Assert.Equal(outcome, Assert.Single(_settlements).Outcome);
    }

    [Theory]
    [InlineData(QuotaUnit.Requests, 5)]
    [InlineData(QuotaUnit.Tokens, 12)]
    public async Task An_upstream_that_falls_silent_is_left_and_the_answer_truncated(QuotaUnit unit, long cost)
    {
        Granted(cost: unit == QuotaUnit.Requests ? 5 : 50, unit: unit);
        using var stalled = new StalledStream();
        var pieces = new PiecesStream("data: {\"choices\":[{\"delta\":{\"content\":\"12345678901234567\"}}]}\n\n", stalled);
        var handling = HandleAsync(_ => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(pieces) });
        await stalled.IsRead.WaitAsync(TimeSpan.FromSeconds(20));

        _time.Advance(Provider.DefaultIdleTimeout - TimeSpan.FromSeconds(1));
        Assert.False(handling.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Null(await handling.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal((ChargeOutcome.Truncated, cost), (_settlements.Single().Outcome, _settlements.Single().Cost));
    }

    [Fact]
    public async Task Each_piece_gives_an_upstream_as_much_time_again()
    {
        using var first = new StalledStream();
        using var second = new StalledStream();
        var handling = HandleAsync(_ => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new PiecesStream("a", new ThenStream(first, second))) });
        await first.IsRead.WaitAsync(TimeSpan.FromSeconds(20));
        _time.Advance(Provider.DefaultIdleTimeout - TimeSpan.FromSeconds(1));
        first.Continue("b");
        await second.IsRead.WaitAsync(TimeSpan.FromSeconds(20));
        _time.Advance(Provider.DefaultIdleTimeout - TimeSpan.FromSeconds(1));
        second.Continue("c");

        Assert.Null(await handling.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal("abc", Encoding.UTF8.GetString(_answer.ToArray()));
        Assert.Equal(ChargeOutcome.Succeeded, Assert.Single(_settlements).Outcome);
    }

    [Fact]
    public async Task What_is_ended_before_the_headers_timed_out()
    {
        await _ended.CancelAsync();
        var handling = HandleAsync(_ => throw new OperationCanceledException());
        await Eventually.TrueAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return handling.IsCompleted;
        });

        Assert.Same(Problem.UpstreamTimeout, (await handling)?.Problem);
        Assert.Equal((ChargeOutcome.TimedOut, 0), (_settlements.Single().Outcome, _settlements.Single().Cost));
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
        Granted(cost: 0, replayed: true, QuotaUnit.Tokens, granted: 108);

        await HandleAsync(_ => Answer(HttpStatusCode.OK, """{"usage":{"total_tokens":70}}"""));

        Assert.Equal(0, Assert.Single(_settlements).Cost);
        Assert.Equal("true", _context.Response.Headers["Idempotency-Replayed"]);
    }

    [Fact]
    public async Task An_answer_to_a_call_with_an_Idempotency_Key_is_kept_before_it_is_settled()
    {
        _context.Request.Headers["Idempotency-Key"] = "once";
        await HandleAsync(_ => Answer(HttpStatusCode.NotFound, "hello"));

        Assert.Equal((5, Repetition.KeptAnswer), (_settlements.Single().Cost, _settlements.Single().Repetition));
        Assert.NotNull(_kept);
        var asked = _settlements.Single().Charge;

        AnswerIsKept(asked);
        Body("{}", "application/json");
        _context.Response.Clear();
        _answer.SetLength(0);
        Assert.Null(await HandleAsync(NotToBeCalled));

        Assert.Equal("hello", Encoding.UTF8.GetString(_answer.ToArray()));
        Assert.Equal(404, _context.Response.StatusCode);
        Assert.Equal("application/json; charset=utf-8", _context.Response.ContentType);
        Assert.Equal("0", _context.Response.Headers["X-Quota-Charged"]);
        Assert.Equal("true", _context.Response.Headers["Idempotency-Replayed"]);
        Assert.Single(_settlements);
    }

    [Fact]
    public async Task Without_an_Idempotency_Key_nothing_is_kept()
    {
        await HandleAsync(_ => Answer(HttpStatusCode.OK, "hello"));

        Assert.Equal((null, Repetition.OnceMore), (_kept, _settlements.Single().Repetition));
    }

    [Fact]
    public async Task Nor_where_none_is_to_be_kept()
    {
        _keepsAnswers = false;
        _context.Request.Headers["Idempotency-Key"] = "once";
        await HandleAsync(_ => Answer(HttpStatusCode.OK, "hello"));

        Assert.Equal((null, Repetition.OnceMore), (_kept, _settlements.Single().Repetition));
    }

    [Fact]
    public async Task Nor_what_breaks_off()
    {
        _context.Request.Headers["Idempotency-Key"] = "once";
        await HandleAsync(_ => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new PiecesStream("hel", new UnwritableStream())) });

        Assert.Equal((null, Repetition.OnceMore), (_kept, _settlements.Single().Repetition));
    }

    [Theory]
    [InlineData(false, Repetition.Anew)]
    [InlineData(true, Repetition.OnceMore)]
    public async Task Nor_what_is_refunded(bool replayed, Repetition repetition)
    {
        Granted(cost: replayed ? 0 : 5, replayed);
        _context.Request.Headers["Idempotency-Key"] = "once";
        await HandleAsync(_ => Answer(HttpStatusCode.ServiceUnavailable, "no"));

        Assert.Equal((null, repetition), (_kept, _settlements.Single().Repetition));
    }

    [Fact]
    public async Task A_repetition_that_never_went_out_does_not_count()
    {
        Granted(cost: 0, replayed: true);
        _context.Request.Headers["Idempotency-Key"] = "once";
        await HandleAsync(_ => throw new BrokenCircuitException());

        Assert.Equal(Repetition.Anew, _settlements.Single().Repetition);
    }

    [Fact]
    public async Task Storage_that_does_not_keep_an_answer_takes_nothing_from_it()
    {
        _table.Setup(table => table.UpsertEntityAsync(It.IsAny<TableEntity>(), It.IsAny<TableUpdateMode>(), It.IsAny<CancellationToken>()))
            .ThrowsAsync(new RequestFailedException(503, "away"));
        _context.Request.Headers["Idempotency-Key"] = "once";

        Assert.Null(await HandleAsync(_ => Answer(HttpStatusCode.OK, "hello")));

        Assert.Equal("hello", Encoding.UTF8.GetString(_answer.ToArray()));
        Assert.Equal((5, Repetition.OnceMore), (_settlements.Single().Cost, _settlements.Single().Repetition));
    }

    [Theory]
    [InlineData(true, "quota_unavailable")]
    [InlineData(false, "idempotency_answer_gone")]
    public async Task A_kept_answer_that_cannot_be_read_is_refused_and_not_forwarded(bool isAway, string code)
    {
        if (isAway)
        {
            _table.Setup(table => table.GetEntityIfExistsAsync<TableEntity>(It.IsAny<string>(), It.IsAny<string>(), It.IsAny<IEnumerable<string>>(), It.IsAny<CancellationToken>()))
                .ThrowsAsync(new RequestFailedException(503, "away"));
        }

        AnswerIsKept(new Charge { Key = Key, Id = new ChargeId(20260101, 1, 0), Cost = 5, At = _time.GetUtcNow(), Request = new ChargeRequest { Secret = Secret, RequestId = "r" } });
        _context.Request.Headers["Idempotency-Key"] = "once";

        Assert.Equal(code, (await HandleAsync(NotToBeCalled))?.Problem.Code);

        Assert.False(_context.Response.Headers.ContainsKey("Idempotency-Replayed"));
        Assert.Empty(_settlements);
        Assert.Equal((Key.KeyId, false), Admission());
    }

    [Fact]
    public async Task What_is_read_on_without_the_client_is_kept_as_well()
    {
        Granted(cost: 50, unit: QuotaUnit.Tokens);
        using var left = new CancellationTokenSource();
        _context.RequestAborted = left.Token;
        _context.Request.Headers["Idempotency-Key"] = "once";
        await HandleAsync(_ =>
        {
            left.Cancel();
            return Answer(HttpStatusCode.OK, """{"usage":{"total_tokens":30}}""");
        });

        Assert.Equal((ChargeOutcome.ClientClosed, Repetition.KeptAnswer), (_settlements.Single().Outcome, _settlements.Single().Repetition));
        Assert.Equal("""{"usage":{"total_tokens":30}}""", Encoding.UTF8.GetString(_kept!.GetBinary("Body0")));
    }

    [Theory]
    [InlineData(false, false, 12, ChargeOutcome.ClientClosed)]
    [InlineData(false, true, 30, ChargeOutcome.ClientClosed)]
    [InlineData(true, false, 7, ChargeOutcome.Succeeded)]
    public async Task An_upstream_is_read_on_for_a_while_without_the_client(bool isOver, bool answersInTime, long cost, ChargeOutcome outcome)
    {
        Granted(cost: 50, unit: QuotaUnit.Tokens);
        using var left = new CancellationTokenSource();
        _context.RequestAborted = left.Token;
        using var stalled = new StalledStream();
        var answer = new PiecesStream(Event("""{"choices":[{"delta":{"content":"12345678901234567"}}],"usage":{"total_tokens":7}}""") + (isOver ? "data: [DONE]\n\n" : ""), stalled);
        var handling = HandleAsync(_ => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(answer) });
        await stalled.IsRead.WaitAsync(TimeSpan.FromSeconds(20));

        await left.CancelAsync();
        if (answersInTime)
        {
            _time.Advance(TimeSpan.FromSeconds(9));
            stalled.Continue(Event("""{"usage":{"total_tokens":30}}"""));
        }
        else if (!isOver)
        {
            Assert.False(handling.IsCompleted);
            _time.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.Null(await handling.WaitAsync(TimeSpan.FromSeconds(20)));
        var settlement = Assert.Single(_settlements);
        Assert.Equal((outcome, cost), (settlement.Outcome, settlement.Cost));
        Assert.DoesNotContain("30", Encoding.UTF8.GetString(_answer.ToArray()), StringComparison.Ordinal);

        static string Event(string data) => $"data: {data}\n\n";
    }

    [Fact]
    public async Task The_upstream_is_awaited_for_a_while_without_the_client()
    {
        Granted(cost: 50, unit: QuotaUnit.Tokens);
        using var left = new CancellationTokenSource();
        _context.RequestAborted = left.Token;

        await HandleAsync(_ =>
        {
            left.Cancel();
            return Answer(HttpStatusCode.OK, """{"usage":{"total_tokens":30}}""");
        });

        Assert.Equal((ChargeOutcome.ClientClosed, 30), (_settlements.Single().Outcome, _settlements.Single().Cost));
    }

    [Theory]
    [InlineData("""{"model":"gpt-4o","stream":true}""", """{"stream_options":{"include_usage":true},"model":"gpt-4o","stream":true}""", false)]
    [InlineData("""{"stream":true,"stream_options":{"include_usage":true}}""", """{"stream":true,"stream_options":{"include_usage":true}}""", true)]
    public async Task A_stream_is_asked_for_its_usage_and_the_client_gets_what_it_asked_for(string body, string sent, bool isPassedOn)
    {
        const string Report = "data: {\"choices\":[],\"usage\":{\"total_tokens\":30}}\n\n";
        Granted(cost: 1_000_000, unit: QuotaUnit.Tokens);
        Body(body, "application/json");

        await HandleAsync(request =>
        {
            Assert.Equal(sent, request.Content!.ReadAsStringAsync().Result);
            var answer = new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(Report + "data: [DONE]\n\n", Encoding.UTF8, "text/event-stream") };
            Assert.NotNull(answer.Content.Headers.ContentLength);
            return answer;
        });

        Assert.Equal((isPassedOn ? Report : "") + "data: [DONE]\n\n", Encoding.UTF8.GetString(_answer.ToArray()));
        Assert.Equal((ChargeOutcome.Succeeded, 30), (_settlements.Single().Outcome, _settlements.Single().Cost));
    }

    [Theory]
    [InlineData("Preset", "mistral")]
    [InlineData("RequestStreamUsage", "false")]
    public async Task A_provider_that_refuses_the_question_is_not_asked(string setting, string value)
    {
        Granted(cost: 50, unit: QuotaUnit.Tokens);
        Body("""{"model":"gpt-4o","stream":true}""", "application/json");
        _settings = [(setting, value)];

        await HandleAsync(request =>
        {
            Assert.Equal("""{"model":"gpt-4o","stream":true}""", request.Content!.ReadAsStringAsync().Result);
            return Answer(HttpStatusCode.OK, "");
        });
    }

    [Fact]
    public async Task A_method_that_is_not_allowed_costs_nothing_and_goes_nowhere()
    {
        _settings = [("AllowedMethods", "GET, HEAD")];

        var refusal = await HandleAsync(NotToBeCalled);

        Assert.Same(Problem.EndpointNotAllowed, refusal?.Problem);
        Assert.Contains("POST", refusal!.Detail, StringComparison.Ordinal);
        Assert.Null(_asked);
        _context.Request.Method = "GET";
        Assert.Null(await HandleAsync(_ => Answer(HttpStatusCode.OK, "")));
    }

    [Fact]
    public async Task A_key_that_counts_requests_has_its_body_sent_to_the_letter()
    {
        Body("""{"stream":true}""", "application/json");

        await HandleAsync(request =>
        {
            Assert.Equal("""{"stream":true}""", request.Content!.ReadAsStringAsync().Result);
            return Answer(HttpStatusCode.OK, "");
        });
    }

    [Theory]
    [InlineData("GET", "/v1/responses/resp_1", "")]
    [InlineData("GET", "/v1/models", "")]
    [InlineData("HEAD", "/v1/batches/b", "")]
    [InlineData("POST", "/v1/messages/count_tokens", "{}")]
    [InlineData("POST", "/v1/models/gemini:countTokens", "{}")]
    public async Task What_uses_no_tokens_is_free(string method, string path, string body)
    {
        Granted(cost: 0, unit: QuotaUnit.Tokens);
        (_context.Request.Method, _context.Request.Path) = (method, path);
        Body(body, "application/json");

        await HandleAsync(_ => Answer(HttpStatusCode.OK, """{"usage":{"total_tokens":30}}"""));

        Assert.Equal((new CostEstimate(0), new CostEstimate(0)), (_asked!.TokenEstimate, _asked.DollarEstimate));
        Assert.Equal((ChargeOutcome.Succeeded, 0), (_settlements.Single().Outcome, _settlements.Single().Cost));
    }

    [Theory]
    [InlineData(108, """{"model":"gpt-4o","max_tokens":100}""", null)]
    [InlineData(107, """{"model":"gpt-4o","max_tokens":99}""", "99")]
    [InlineData(24, """{"model":"gpt-4o","max_tokens":16}""", "16")]
    public async Task Answers_are_limited_to_what_was_granted(long granted, string sent, string? limit)
    {
        Granted(cost: granted, unit: QuotaUnit.Tokens);

        await HandleAsync(request => Answer(HttpStatusCode.OK, request.Content!.ReadAsStringAsync().Result));

        Assert.Equal(sent, Encoding.UTF8.GetString(_answer.ToArray()));
        Assert.Equal(limit, (string?)_context.Response.Headers["X-Quota-Max-Tokens"]);
    }

    [Fact]
    public async Task A_stream_is_limited_and_asked_for_its_usage()
    {
        Granted(cost: 90, unit: QuotaUnit.Tokens);
        Body("""{ "stream":true }""", "application/json");

        await HandleAsync(request => Answer(HttpStatusCode.OK, request.Content!.ReadAsStringAsync().Result));

        Assert.Equal("""{"stream_options":{"include_usage":true},"max_tokens":86, "stream":true }""", Encoding.UTF8.GetString(_answer.ToArray()));
    }

    [Fact]
    public async Task Where_answers_are_not_to_be_limited_all_of_it_is_asked_for()
    {
        _clamps = false;

        await HandleAsync(_ => Answer(HttpStatusCode.OK, "hello"));

        Assert.Equal(new CostEstimate(108), _asked!.TokenEstimate);
    }

    [Fact]
    public async Task What_goes_out_again_is_limited_like_the_first_time()
    {
        Granted(cost: 0, replayed: true, QuotaUnit.Tokens, granted: 58);

        await HandleAsync(request => Answer(HttpStatusCode.OK, request.Content!.ReadAsStringAsync().Result));

        Assert.Equal("""{"model":"gpt-4o","max_tokens":50}""", Encoding.UTF8.GetString(_answer.ToArray()));
    }

    [Fact]
    public async Task A_key_in_dollars_is_held_at_the_most_and_settled_at_the_report()
    {
        _settings = [("Prices", "gpt-4o input=2.5 cached=1.25 output=10")];
        Granted(cost: 1020, unit: QuotaUnit.Usd);

        await HandleAsync(_ => Answer(HttpStatusCode.OK, """{"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12,"prompt_tokens_details":{"cached_tokens":4}}}"""));

        Assert.Equal(new CostEstimate((8 * 5 / 2) + 1000, Least: (8 * 5 / 2) + 160), _asked!.DollarEstimate);

        // 5 × 2.5 + 4 × 1.25 + 3 × 10 = 47.5
        Assert.Equal(48, Assert.Single(_settlements).Cost);
    }

    [Theory]
    [InlineData("X-API-Key", "", "key_missing")]
    [InlineData("X-API-Key", "trial_x y", "key_invalid")]
    [InlineData("Authorization", "Basic abc", "key_missing")]
    [InlineData("Authorization", "Bearer ", "key_missing")]
    [InlineData("X-Goog-Api-Key", "a b", "key_invalid")]
    public async Task Without_a_key_nothing_is_read_or_charged(string header, string value, string code)
    {
        _context.Request.Headers.Remove("X-API-Key");
        _context.Request.Headers[header] = value;
        _context.Request.Body = new UnwritableStream();

        var refusal = await HandleAsync(_ => throw new InvalidOperationException("Not to be called"));

        Assert.Equal(code, refusal?.Problem.Code);
        Assert.Null(_asked);
    }

    private void Granted(long cost = 5, bool replayed = false, QuotaUnit unit = QuotaUnit.Requests, long? granted = null) =>
        _engine.Setup(engine => engine.ChargeAsync(It.IsAny<ChargeRequest>(), It.IsAny<CancellationToken>()))
            .ReturnsAsync((ChargeRequest request, CancellationToken _) =>
            {
                _asked = request;
                return new ChargeResult
                {
                    Replayed = replayed,
                    KeyId = Key.KeyId,
                    Quota = new QuotaSnapshot { Type = QuotaType.Count, Unit = unit, Limit = 100, Used = cost, Remaining = 100 - cost },
                    Charge = new Charge { Key = Key, Id = new ChargeId(20260101, 1, 0), Cost = cost, At = _time.GetUtcNow(), Granted = granted ?? cost, Request = request, Unit = unit, IsHold = unit != QuotaUnit.Requests && cost > 0 },
                };
            });

    private void AnswerIsKept(Charge charge) =>
        _engine.Setup(engine => engine.ChargeAsync(It.IsAny<ChargeRequest>(), It.IsAny<CancellationToken>())).ReturnsAsync(new ChargeResult
        {
            Charge = charge,
            Replayed = true,
            IsAnswerKept = true,
            KeyId = Key.KeyId,
            Quota = new QuotaSnapshot { Type = QuotaType.Count, Unit = QuotaUnit.Requests, Limit = 100, Used = 5, Remaining = 95 },
        });

    [Fact]
    public async Task A_key_that_nobody_has_is_told_so_before_its_body_is_read()
    {
        _directory.Setup(directory => directory.FindAsync(It.IsAny<KeySecret>(), It.IsAny<CancellationToken>())).ReturnsAsync((KeyLocator?)null);
        _context.Request.Body = new UnwritableStream();

        Assert.Same(Problem.KeyInvalid, (await HandleAsync(NotToBeCalled))?.Problem);
        Assert.Null(_asked);
    }

    [Fact]
    public async Task A_web_socket_is_not_supported_and_costs_nothing()
    {
        _context.Request.Headers.Connection = "Upgrade";
        _context.Request.Headers.Upgrade = "WebSocket";

        Assert.Same(Problem.NotSupported, (await HandleAsync(NotToBeCalled))?.Problem);
        Assert.Null(_asked);
    }

    [Fact]
    public async Task Another_protocol_may_be_offered()
    {
        _context.Request.Headers.Connection = "Upgrade, HTTP2-Settings";
        _context.Request.Headers.Upgrade = "h2c";

        Assert.Null(await HandleAsync(_ => Answer(HttpStatusCode.OK, "hello")));
    }

    [Theory]
    [InlineData("""{"Model":"gpt-4o"}""", "gpt-4o", 5)]
    [InlineData("""{"model":"models/gpt-4o"}""", "gpt-4o", 5)]
    [InlineData("""{"model":"GPT-4O"}""", "GPT-4O", 5)]
    [InlineData("""{"model":"other"}""", "other", 1)]
    [InlineData("{}", null, 1)]
    public async Task A_model_costs_the_same_however_it_is_written(string body, string? model, long cost)
    {
        Body(body, "application/json");

        Assert.Null(await HandleAsync(_ => Answer(HttpStatusCode.OK, "")));

        Assert.Equal((model, cost), (_asked!.Model, _asked.Cost));
    }

    [Theory]
    [InlineData("?model=gpt-4o", "{}", 5)]
    [InlineData("?Model=gpt%2D4o", "{}", 5)]
    [InlineData("?model=gpt-4o", """{"model":"GPT-4o"}""", 5)]
    public async Task It_may_stand_in_the_query(string query, string body, long cost)
    {
        _context.Request.QueryString = new QueryString(query);
        Body(body, "application/json");

        Assert.Null(await HandleAsync(_ => Answer(HttpStatusCode.OK, "")));

        Assert.Equal(cost, _asked!.Cost);
    }

    [Theory]
    [InlineData("""{"model":"cheap","x":NaN}""", "text/plain", "")]
    [InlineData("""{"model":"cheap"}{"model":"gpt-4o"}""", "text/plain", "")]
    [InlineData("""{"model":"cheap","Model":"gpt-4o"}""", "application/json", "")]
    [InlineData("""{"model":" gpt-4o"}""", "application/json", "")]
    [InlineData("""{"model":["gpt-4o"]}""", "application/json", "")]
    [InlineData("""{"model":"cheap"}""", "application/json", "?model=gpt-4o")]
    [InlineData("{}", "application/json", "?model=cheap&MODEL=gpt-4o")]
    [InlineData("no form", "multipart/form-data; boundary=b", "")]
    public async Task Where_models_have_prices_what_may_name_another_one_is_400(string body, string contentType, string query)
    {
        _context.Request.QueryString = new QueryString(query);
        Body(body, contentType);

        Assert.Same(Problem.InvalidRequest, (await HandleAsync(NotToBeCalled))?.Problem);
        Assert.Null(_asked);
    }

    [Theory]
    [InlineData("""{"model":"cheap","x":NaN}""")]
    [InlineData("""{"a":1}{"b":2}""")]
    public async Task Where_they_have_none_it_is_refused_only_to_a_key_with_a_list(string body)
    {
        _costs = "/v1/images/*=25, *=2";
        Body(body, "text/plain");
        Assert.Null(await HandleAsync(_ => Answer(HttpStatusCode.OK, "")));
        Assert.Equal((null, true, 2), (_asked!.Model, _asked.NeedsModel, _asked.Cost));

        _engine.Setup(engine => engine.ChargeAsync(It.IsAny<ChargeRequest>(), It.IsAny<CancellationToken>()))
            .ReturnsAsync(new ChargeResult { Refusal = ChargeRefusal.ModelNotAllowed });
        Body(body, "text/plain");
        Assert.Same(Problem.InvalidRequest, (await HandleAsync(NotToBeCalled))?.Problem);

        Body("{}", "application/json");
        Assert.Same(Problem.ModelNotAllowed, (await HandleAsync(NotToBeCalled))?.Problem);
    }

    [Theory]
    [InlineData("GET", "", false)]
    [InlineData("HEAD", "", false)]
    [InlineData("OPTIONS", "", false)]
    [InlineData("DELETE", "", false)]
    [InlineData("GET", "{}", true)]
    [InlineData("DELETE", "x", true)]
    [InlineData("POST", "", true)]
    [InlineData("PUT", "", true)]
    [InlineData("PATCH", "", true)]
    public async Task Only_what_reads_needs_no_model(string method, string body, bool needsModel)
    {
        _context.Request.Method = method;
        Body(body, "text/plain");

        Assert.Null(await HandleAsync(_ => Answer(HttpStatusCode.OK, "")));

        Assert.Equal(needsModel, _asked!.NeedsModel);
    }

    [Fact]
    public async Task What_reads_but_names_two_models_needs_one()
    {
        _costs = "*=2";
        _context.Request.Method = "GET";
        _context.Request.QueryString = new QueryString("?model=a&model=b");
        Body("", "text/plain");

        Assert.Null(await HandleAsync(_ => Answer(HttpStatusCode.OK, "")));

        Assert.Equal((null, true), (_asked!.Model, _asked.NeedsModel));
    }

    [Theory]
    [InlineData("/v1/images/x", 25)]
    [InlineData("/v1/Images/x", 25)]
    [InlineData("/v1/%69mages/x", 25)]
    [InlineData("/v1/%2569mages/x", 25)]
    [InlineData("/v1/images%2Fx", 25)]
    [InlineData("/v1/images;a=b/x", 25)]
    [InlineData("/v1/images%2F%2Fx", 25)]
    [InlineData("/v1/exact", 9)]
    [InlineData("/v1/exact/", 9)]
    [InlineData("/v1/exact;x", 9)]
    [InlineData("/v1/other", 1)]
    public async Task A_path_costs_the_same_however_it_is_written(string path, long cost)
    {
        _costs = "/v1/images/*=25, /v1/exact=9";
        _context.Features.Get<IHttpRequestFeature>()!.RawTarget = path;

        Assert.Null(await HandleAsync(_ => Answer(HttpStatusCode.OK, "")));

        Assert.Equal(cost, _asked!.Cost);
    }

    [Fact]
    public async Task A_body_goes_on_decoded()
    {
        var text = """{"model":"gpt-4o","max_tokens":100}""";
        var encoded = new MemoryStream();
        using (var encoder = new GZipStream(encoded, CompressionLevel.Optimal, leaveOpen: true))
        {
            encoder.Write(Encoding.UTF8.GetBytes(text));
        }

        _context.Request.Body = new MemoryStream(encoded.ToArray());
        _context.Request.ContentLength = encoded.Length;
        _context.Request.Headers.ContentEncoding = "gzip";
        string? sent = null;

        Assert.Null(await HandleAsync(request =>
        {
            Assert.Empty(request.Content!.Headers.ContentEncoding);
            Assert.Equal(text.Length, request.Content.Headers.ContentLength);
            sent = request.Content.ReadAsStringAsync().Result;
            return Answer(HttpStatusCode.OK, "");
        }));

        Assert.Equal(text, sent);
        Assert.Equal(5, _asked!.Cost);
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized)]
    [InlineData(HttpStatusCode.PaymentRequired)]
    public async Task Who_refuses_our_credential_is_not_quoted(HttpStatusCode status)
    {
        var refusal = await HandleAsync(
            _ =>
            {
                var answer = Answer(status, "Incorrect API key provided: the-credential");
                answer.Headers.Add("X-Upstream", "the-credential");
                return answer;
            },
            "bearer");

        Assert.Same(Problem.UpstreamCredentialRejected, refusal?.Problem);
        Assert.Null(refusal!.Detail);
        Assert.Equal(0, _answer.Length);
        Assert.DoesNotContain("X-Upstream", _context.Response.Headers.Keys);
        var settlement = Assert.Single(_settlements);
        Assert.Equal((ChargeOutcome.Failed, 0, (int)status), (settlement.Outcome, settlement.Cost, settlement.Status));
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized, "none")]
    [InlineData(HttpStatusCode.Forbidden, "bearer")]
    public async Task What_is_not_about_our_credential_is_passed_on_and_refunded(HttpStatusCode status, string scheme)
    {
        Assert.Null(await HandleAsync(_ => Answer(status, "why"), scheme));

        Assert.Equal("why", Encoding.UTF8.GetString(_answer.ToArray()));
        Assert.Equal((int)status, _context.Response.StatusCode);
        Assert.Equal((ChargeOutcome.ClientError, 0), (_settlements.Single().Outcome, _settlements.Single().Cost));
    }

    [Fact]
    public async Task A_content_type_that_stands_twice_is_400()
    {
        _context.Request.Headers.ContentType = new[] { "text/plain", "application/json" };

        Assert.Same(Problem.InvalidRequest, (await HandleAsync(NotToBeCalled))?.Problem);
    }

    private static HttpResponseMessage NotToBeCalled(HttpRequestMessage request) => throw new InvalidOperationException("Not to be called");

    private (string KeyId, bool IsGranted) Admission() => _context.Features.Get<Admission>() is { } found ? (found.KeyId, found.IsGranted) : default;

    private void Body(string body, string contentType)
    {
        _context.Request.ContentType = contentType;
        _context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(body));
    }

    private async Task<Refusal?> HandleAsync(Func<HttpRequestMessage, HttpResponseMessage> upstream, string scheme = "none")
    {
        var catalog = ProxySettings.Catalog(
        [
            ("Providers__p__BaseUrl", "https://api.example.com"), ("Providers__p__AuthScheme", scheme), ("Providers__p__ApiKey", "the-credential"),
            ("Providers__p__Costs", _costs), .. _settings.Select(setting => ("Providers__p__" + setting.Name, setting.Value)),
        ]);
        using var clients = new UpstreamClients(catalog, _ => new StubHandler(upstream), _time, NullLogger<UpstreamClient>.Instance);
        var notes = new CredentialNotes(Mock.Of<TableServiceClient>(), new StorageNames(Options.Create(new StorageOptions())), _time, NullLogger<CredentialNotes>.Instance);
        var forwarder = new UpstreamForwarder(clients, Options.Create(new KestrelServerOptions()), _time, NullLogger<UpstreamForwarder>.Instance);
        var sender = new FailoverSender(forwarder, new CredentialRotation(catalog, _time), notes, TestMeters.Upstream(), _time, NullLogger<FailoverSender>.Instance);
        var routes = new RouteCatalog(Options.Create(new RouteOptions()), catalog, Random.Shared);
        var reader = new ProxyRequestReader(catalog, routes, new ServiceOptions { ProxyMaxBodyBytes = long.MaxValue, ProxyClampsMaxTokens = _clamps }, _time);
        var keys = new ClientKeys(_directory.Object, TimeSpan.FromSeconds(6), _time);
        var names = new StorageNames(Options.Create(new StorageOptions()));
        var tables = Mock.Of<TableServiceClient>(tables => tables.GetTableClient(It.IsAny<string>()) == _table.Object);
        var answers = new KeptAnswers(
            new KeptAnswerTable(tables, names, _time, NullLogger<KeptAnswerTable>.Instance), _keepsAnswers, TestMeters.Storage(), NullLogger<KeptAnswers>.Instance);
        var handler = new ProxyHandler(
            keys, reader, sender, forwarder, _engine.Object, answers, TimeSpan.FromSeconds(10), _time, NullLogger<ProxyHandler>.Instance);
        return await handler.ForwardToModelAsync(_context, IPAddress.Loopback, _ended.Token);
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
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            onWrite();
            return default;
        }
    }

    /// <summary>An answer of which nothing comes.</summary>
    private sealed class StalledStream : MemoryStream
    {
        private readonly TaskCompletionSource _read = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<byte[]> _rest = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private bool _isOver;

        public void Continue(string text) => _rest.SetResult(Encoding.UTF8.GetBytes(text));

        public Task IsRead => _read.Task;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _read.TrySetResult();
            var rest = _isOver ? [] : await _rest.Task.WaitAsync(cancellationToken);
            _isOver = true;
            rest.CopyTo(buffer);
            return rest.Length;
        }
    }

    /// <summary>One piece of a stream, and then another stream.</summary>
    private sealed class ThenStream(Stream first, Stream next) : MemoryStream
    {
        private bool _isFirstRead;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var stream = _isFirstRead ? next : first;
            _isFirstRead = true;
            return stream.ReadAsync(buffer, cancellationToken);
        }
    }

    /// <summary>A piece, and then another stream.</summary>
    private sealed class PiecesStream(string first, Stream next) : MemoryStream
    {
        private bool _isFirstRead;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_isFirstRead)
            {
                return next.ReadAsync(buffer, cancellationToken);
            }

            _isFirstRead = true;
            return new(Encoding.UTF8.GetBytes(first, buffer.Span));
        }
    }

    private sealed class EndedBody() : StreamResponseBodyFeature(new MemoryStream())
    {
        public bool IsComplete { get; private set; }

        public override Task CompleteAsync()
        {
            IsComplete = true;
            return base.CompleteAsync();
        }
    }
}
