using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Moq;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Core.Proxying;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Tests.Proxying.Handling;

/// <summary>What is charged is settled once, whatever becomes of the call.</summary>
public sealed class OutcomeTests : ProxyHandlerTest
{
    [Fact]
    public async Task What_is_asked_for_is_charged_with_all_that_is_known_of_it()
    {
        var refusal = await HandleAsync(_ => Answer(HttpStatusCode.OK, "hello"));

        Assert.Null(refusal);
        Assert.Equal("hello", Encoding.UTF8.GetString(Received.ToArray()));
        Assert.NotNull(Asked);
        Assert.Equal(Secret.Hash, Asked.Secret.Hash);
        Assert.Equal(ChargeKind.Forward, Asked.Kind);
        Assert.Equal("p", Asked.Provider);
        Assert.Equal("gpt-4o", Asked.Model);
        Assert.Equal(5, Asked.Cost);
        Assert.Equal(new CostEstimate(100 + 8, Least: 16 + 8), Asked.TokenEstimate);
        Assert.Null(Asked.DollarEstimate);
        Assert.Equal(IPAddress.Loopback, Asked.Address);
        Assert.Equal(Context.TraceIdentifier, Asked.RequestId);
        Assert.Null(Asked.Idempotency);
    }

    [Fact]
    public async Task A_settlement_says_how_it_went()
    {
        await HandleAsync(_ =>
        {
            Time.Advance(TimeSpan.FromMilliseconds(250));
            return Answer(HttpStatusCode.NotFound, "");
        });

        var settlement = Assert.Single(Settlements);
        Assert.Equal(ChargeOutcome.ClientError, settlement.Outcome);
        Assert.Equal(404, settlement.Status);
        Assert.Equal(5, settlement.Cost);
        Assert.Equal(TimeSpan.FromMilliseconds(250), settlement.Latency);
    }

    [Fact]
    public async Task A_refused_charge_goes_nowhere()
    {
        Engine.Setup(engine => engine.ChargeAsync(It.IsAny<ChargeRequest>(), It.IsAny<CancellationToken>()))
            .ReturnsAsync(new ChargeResult { Refusal = ChargeRefusal.QuotaUnavailable });

        var refusal = await HandleAsync(_ => throw new InvalidOperationException("Not to be called"));

        Assert.Same(Problem.QuotaUnavailable, refusal?.Problem);
        Assert.Empty(Settlements);
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
        Engine.Setup(engine => engine.ChargeAsync(It.IsAny<ChargeRequest>(), It.IsAny<CancellationToken>())).ThrowsAsync(new OperationCanceledException());

        await Assert.ThrowsAsync<OperationCanceledException>(() => HandleAsync(_ => throw new InvalidOperationException("Not to be called")));

        Assert.Empty(Settlements);
    }

    [Fact]
    public async Task Storage_that_is_away_at_the_end_takes_nothing_from_the_answer()
    {
        Engine.Setup(engine => engine.SettleAsync(It.IsAny<Settlement>(), It.IsAny<CancellationToken>())).ThrowsAsync(new StorageUnavailableException("away"));

        Assert.Null(await HandleAsync(_ => Answer(HttpStatusCode.OK, "hello")));

        Assert.Equal("hello", Encoding.UTF8.GetString(Received.ToArray()));
        Engine.Verify(engine => engine.SettleAsync(It.IsAny<Settlement>(), It.IsAny<CancellationToken>()), Times.Once);
    }

    [Fact]
    public async Task Whatever_fails_before_the_answer_is_the_upstreams_fault_and_refunded()
    {
        var refusal = await HandleAsync(_ => throw new NotSupportedException());

        Assert.Same(Problem.UpstreamUnreachable, refusal?.Problem);
        var settlement = Assert.Single(Settlements);
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
        Assert.Equal(0, Assert.Single(Settlements).Cost);
    }

    [Fact]
    public async Task The_client_has_all_of_the_answer_before_it_is_settled()
    {
        var body = new EndedBody();
        Context.Features.Set<IHttpResponseBodyFeature>(body);
        var wasComplete = false;
        Engine.Setup(engine => engine.SettleAsync(It.IsAny<Settlement>(), It.IsAny<CancellationToken>()))
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

        var settlement = Assert.Single(Settlements);
        Assert.Equal((ChargeOutcome.Truncated, 5), (settlement.Outcome, settlement.Cost));
    }

    [Theory]
    [InlineData(false, ChargeOutcome.Truncated)]
    [InlineData(true, ChargeOutcome.ClientClosed)]
    public async Task What_the_host_ends_is_truncated_unless_the_client_has_left(bool clientLeft, ChargeOutcome outcome)
    {
        using var left = new CancellationTokenSource();
        Context.RequestAborted = left.Token;
        using var stalled = new StalledStream();
        var handling = HandleAsync(_ => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(stalled) });
        await stalled.IsRead.WaitAsync(TimeSpan.FromSeconds(20));

        // The host ends the invocation of a client that has left, too, and this is known first
        await Ended.CancelAsync();
        if (clientLeft)
        {
            await left.CancelAsync();
        }

        await Eventually.TrueAsync(() =>
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            return handling.IsCompleted;
        });
        await handling;
        Assert.Equal(outcome, Assert.Single(Settlements).Outcome);
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

        Time.Advance(Provider.DefaultIdleTimeout - TimeSpan.FromSeconds(1));
        Assert.False(handling.IsCompleted);
        Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Null(await handling.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal((ChargeOutcome.Truncated, cost), (Settlements.Single().Outcome, Settlements.Single().Cost));
    }

    [Fact]
    public async Task Each_piece_gives_an_upstream_as_much_time_again()
    {
        using var first = new StalledStream();
        using var second = new StalledStream();
        var handling = HandleAsync(_ => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new PiecesStream("a", new ThenStream(first, second))) });
        await first.IsRead.WaitAsync(TimeSpan.FromSeconds(20));
        Time.Advance(Provider.DefaultIdleTimeout - TimeSpan.FromSeconds(1));
        first.Continue("b");
        await second.IsRead.WaitAsync(TimeSpan.FromSeconds(20));
        Time.Advance(Provider.DefaultIdleTimeout - TimeSpan.FromSeconds(1));
        second.Continue("c");

        Assert.Null(await handling.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal("abc", Encoding.UTF8.GetString(Received.ToArray()));
        Assert.Equal(ChargeOutcome.Succeeded, Assert.Single(Settlements).Outcome);
    }

    [Fact]
    public async Task What_is_ended_before_the_headers_timed_out()
    {
        await Ended.CancelAsync();
        var handling = HandleAsync(_ => throw new OperationCanceledException());
        await Eventually.TrueAsync(() =>
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            return handling.IsCompleted;
        });

        Assert.Same(Problem.UpstreamTimeout, (await handling)?.Problem);
        Assert.Equal((ChargeOutcome.TimedOut, 0), (Settlements.Single().Outcome, Settlements.Single().Cost));
    }

    [Fact]
    public async Task An_unforeseen_failure_after_it_is_not()
    {
        Context.Response.Body = new UnwritableStream();

        await Assert.ThrowsAsync<NotSupportedException>(() => HandleAsync(_ => Answer(HttpStatusCode.OK, "hello")));

        var settlement = Assert.Single(Settlements);
        Assert.Equal((ChargeOutcome.Truncated, 5), (settlement.Outcome, settlement.Cost));
    }

    [Fact]
    public async Task A_refund_is_settled_before_the_answer_begins()
    {
        var settledAtStart = -1;
        Context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(new WatchedStream(() => settledAtStart = Math.Max(settledAtStart, Settlements.Count))));

        await HandleAsync(_ => Answer(HttpStatusCode.ServiceUnavailable, "no"));

        Assert.Equal(1, settledAtStart);
        var settlement = Assert.Single(Settlements);
        Assert.Equal((ChargeOutcome.Failed, 0), (settlement.Outcome, settlement.Cost));
        Assert.Equal("0", Context.Response.Headers["X-Quota-Charged"]);
        Assert.Equal("100", Context.Response.Headers["X-Quota-Remaining"]);
    }
}
