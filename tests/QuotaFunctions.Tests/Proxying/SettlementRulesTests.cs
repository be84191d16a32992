using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Proxying;
using QuotaFunctions.Core.Quotas;

namespace QuotaFunctions.Tests.Proxying;

public sealed class SettlementRulesTests
{
    private const long Held = 7;

    [Theory]
    [InlineData(200, ChargeOutcome.Succeeded, Held)]
    [InlineData(304, ChargeOutcome.Succeeded, Held)]
    [InlineData(399, ChargeOutcome.Succeeded, Held)]
    [InlineData(400, ChargeOutcome.ClientError, Held)]
    [InlineData(428, ChargeOutcome.ClientError, Held)]
    [InlineData(429, ChargeOutcome.Failed, 0)]
    [InlineData(430, ChargeOutcome.ClientError, Held)]
    [InlineData(499, ChargeOutcome.ClientError, Held)]
    [InlineData(500, ChargeOutcome.Failed, 0)]
    [InlineData(599, ChargeOutcome.Failed, 0)]
    public void An_answer_below_500_is_charged_but_for_429(int status, ChargeOutcome outcome, long cost) =>
        Assert.Equal((outcome, cost), Decide(new Exchange(UpstreamEnd.Answered, status)));

    [Theory]
    [InlineData(UpstreamEnd.NotSent, ChargeOutcome.ClientError, 0)]
    [InlineData(UpstreamEnd.CircuitOpen, ChargeOutcome.Unreachable, 0)]
    [InlineData(UpstreamEnd.Unreachable, ChargeOutcome.Unreachable, 0)]
    [InlineData(UpstreamEnd.TimedOut, ChargeOutcome.TimedOut, 0)]
    [InlineData(UpstreamEnd.ClientClosed, ChargeOutcome.ClientClosed, Held)]
    public void Without_an_answer(UpstreamEnd end, ChargeOutcome outcome, long cost) =>
        Assert.Equal((outcome, cost), Decide(new Exchange(end)));

    [Theory]
    [InlineData(UpstreamEnd.ClientClosed, 200, ChargeOutcome.ClientClosed, Held)]
    [InlineData(UpstreamEnd.Truncated, 200, ChargeOutcome.Truncated, Held)]
    [InlineData(UpstreamEnd.Truncated, 503, ChargeOutcome.Truncated, 0)]
    public void In_the_middle_of_an_answer(UpstreamEnd end, int status, ChargeOutcome outcome, long cost) =>
        Assert.Equal((outcome, cost), Decide(new Exchange(end, status)));

    [Theory]
    [InlineData("none", 503, Held)]
    [InlineData("none", 429, Held)]
    [InlineData("404", 404, 0)]
    [InlineData("404", 503, Held)]
    [InlineData("4xx, 503", 400, 0)]
    [InlineData("4xx, 503", 503, 0)]
    [InlineData("4xx, 503", 502, Held)]
    public void The_provider_may_say_otherwise_of_answers(string refundOn, int status, long cost) =>
        Assert.Equal(cost, Decide(new Exchange(UpstreamEnd.Answered, status), refundOn: Policy(refundOn)).Cost);

    [Theory]
    [InlineData("none", UpstreamEnd.Unreachable, Held)]
    [InlineData("none", UpstreamEnd.TimedOut, Held)]
    [InlineData("timeout", UpstreamEnd.TimedOut, 0)]
    [InlineData("timeout", UpstreamEnd.Unreachable, Held)]
    [InlineData("unreachable", UpstreamEnd.Unreachable, 0)]
    public void The_provider_may_say_otherwise_of_failures(string refundOn, UpstreamEnd end, long cost) =>
        Assert.Equal(cost, Decide(new Exchange(end), refundOn: Policy(refundOn)).Cost);

    [Theory]
    [InlineData(UpstreamEnd.NotSent)]
    [InlineData(UpstreamEnd.CircuitOpen)]
    public void What_was_never_sent_is_never_charged(UpstreamEnd end) =>
        Assert.Equal(0, Decide(new Exchange(end), refundOn: Policy("none")).Cost);

    [Theory]
    [InlineData(3L, 3)]
    [InlineData(30L, 30)]
    [InlineData(0L, 0)]
    [InlineData(-5L, 0)]
    [InlineData(null, Held)]
    public void Tokens_are_adjusted_to_the_report(long? reported, long cost) =>
        Assert.Equal(cost, Decide(new Exchange(UpstreamEnd.Answered, 200, reported), QuotaUnit.Tokens).Cost);

    [Theory]
    [InlineData(UpstreamEnd.ClientClosed)]
    [InlineData(UpstreamEnd.Truncated)]
    public void A_report_in_an_unfinished_stream_does_not_count(UpstreamEnd end) =>
        Assert.Equal(Held, Decide(new Exchange(end, 200, 1), QuotaUnit.Tokens).Cost);

    [Fact]
    public void Tokens_are_refunded_like_anything_else() =>
        Assert.Equal(0, Decide(new Exchange(UpstreamEnd.Answered, 500, 9), QuotaUnit.Tokens).Cost);

    [Fact]
    public void A_key_that_counts_requests_does_not_care_for_tokens() =>
        Assert.Equal(Held, Decide(new Exchange(UpstreamEnd.Answered, 200, 9)).Cost);

    private static (ChargeOutcome Outcome, long Cost) Decide(Exchange exchange, QuotaUnit unit = QuotaUnit.Requests, RefundPolicy? refundOn = null) =>
        SettlementRules.Decide(exchange, Held, unit, refundOn ?? RefundPolicy.Default);

    private static RefundPolicy Policy(string text) =>
        RefundPolicy.TryParse(text.Split(", "), out var policy) ? policy : throw new ArgumentException(text, nameof(text));
}
