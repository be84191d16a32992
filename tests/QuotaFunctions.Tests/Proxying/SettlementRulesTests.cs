using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Pricing;
using QuotaFunctions.Core.Proxying;

namespace QuotaFunctions.Tests.Proxying;

public sealed class SettlementRulesTests
{
    private const long Held = 7;

    [Theory]
    [InlineData(200, ChargeOutcome.Succeeded, Held)]
    [InlineData(304, ChargeOutcome.Succeeded, Held)]
    [InlineData(399, ChargeOutcome.Succeeded, Held)]
    [InlineData(400, ChargeOutcome.ClientError, Held)]
    [InlineData(401, ChargeOutcome.ClientError, 0)]
    [InlineData(402, ChargeOutcome.ClientError, 0)]
    [InlineData(403, ChargeOutcome.ClientError, 0)]
    [InlineData(404, ChargeOutcome.ClientError, Held)]
    [InlineData(428, ChargeOutcome.ClientError, Held)]
    [InlineData(429, ChargeOutcome.Failed, 0)]
    [InlineData(430, ChargeOutcome.ClientError, Held)]
    [InlineData(499, ChargeOutcome.ClientError, Held)]
    [InlineData(500, ChargeOutcome.Failed, 0)]
    [InlineData(599, ChargeOutcome.Failed, 0)]
    public void An_answer_below_500_is_charged_but_for_what_is_not_the_clients_fault(int status, ChargeOutcome outcome, long cost) =>
        Assert.Equal((outcome, cost), Decide(new ForwardResult(ForwardOutcome.Answered, status)));

    [Theory]
    [InlineData(ForwardOutcome.NotSent, ChargeOutcome.ClientError, 0)]
    [InlineData(ForwardOutcome.CircuitOpen, ChargeOutcome.Unreachable, 0)]
    [InlineData(ForwardOutcome.Unreachable, ChargeOutcome.Unreachable, 0)]
    [InlineData(ForwardOutcome.TimedOut, ChargeOutcome.TimedOut, 0)]
    [InlineData(ForwardOutcome.ClientClosed, ChargeOutcome.ClientClosed, Held)]
    public void Without_an_answer(ForwardOutcome end, ChargeOutcome outcome, long cost) =>
        Assert.Equal((outcome, cost), Decide(new ForwardResult(end)));

    [Theory]
    [InlineData(401, null, 0)]
    [InlineData(402, null, 0)]
    [InlineData(401, "none", Held)]
    [InlineData(401, "402, 5xx", Held)]
    public void Who_refuses_our_credential_has_failed(int status, string? refundOn, long cost) => Assert.Equal(
        (ChargeOutcome.Failed, cost), Decide(new ForwardResult(ForwardOutcome.CredentialRejected, status), refundOn: refundOn is null ? null : Policy(refundOn)));

    [Theory]
    [InlineData(ForwardOutcome.ClientClosed, 200, ChargeOutcome.ClientClosed, Held)]
    [InlineData(ForwardOutcome.Truncated, 200, ChargeOutcome.Truncated, Held)]
    [InlineData(ForwardOutcome.Truncated, 503, ChargeOutcome.Truncated, 0)]
    public void In_the_middle_of_an_answer(ForwardOutcome end, int status, ChargeOutcome outcome, long cost) =>
        Assert.Equal((outcome, cost), Decide(new ForwardResult(end, status)));

    [Theory]
    [InlineData("none", 503, Held)]
    [InlineData("none", 429, Held)]
    [InlineData("404", 404, 0)]
    [InlineData("404", 503, Held)]
    [InlineData("4xx, 503", 400, 0)]
    [InlineData("4xx, 503", 503, 0)]
    [InlineData("4xx, 503", 502, Held)]
    public void The_provider_may_say_otherwise_of_answers(string refundOn, int status, long cost) =>
        Assert.Equal(cost, Decide(new ForwardResult(ForwardOutcome.Answered, status), refundOn: Policy(refundOn)).Cost);

    [Theory]
    [InlineData("none", ForwardOutcome.Unreachable, Held)]
    [InlineData("none", ForwardOutcome.TimedOut, Held)]
    [InlineData("timeout", ForwardOutcome.TimedOut, 0)]
    [InlineData("timeout", ForwardOutcome.Unreachable, Held)]
    [InlineData("unreachable", ForwardOutcome.Unreachable, 0)]
    public void The_provider_may_say_otherwise_of_failures(string refundOn, ForwardOutcome end, long cost) =>
        Assert.Equal(cost, Decide(new ForwardResult(end), refundOn: Policy(refundOn)).Cost);

    [Theory]
    [InlineData(ForwardOutcome.NotSent)]
    [InlineData(ForwardOutcome.CircuitOpen)]
    public void What_was_never_sent_is_never_charged(ForwardOutcome end) =>
        Assert.Equal(0, Decide(new ForwardResult(end), refundOn: Policy("none")).Cost);

    [Theory]
    [InlineData(3L, 3)]
    [InlineData(30L, 30)]
    [InlineData(0L, 0)]
    public void Tokens_are_adjusted_to_the_report(long reported, long cost) =>
        Assert.Equal(cost, Decide(new ForwardResult(ForwardOutcome.Answered, 200, Total(reported)) { PromptTokens = 5, AnswerTokens = 5 }, QuotaUnit.Tokens).Cost);

    [Theory]
    [InlineData(ForwardOutcome.ClientClosed)]
    [InlineData(ForwardOutcome.Truncated)]
    public void The_last_report_counts_whoever_left(ForwardOutcome end) =>
        Assert.Equal(30, Decide(new ForwardResult(end, 200, Total(30)) { IsReportLast = true }, QuotaUnit.Tokens).Cost);

    [Theory]
    [InlineData(2, 3, 3)]
    [InlineData(3, 2, 3)]
    [InlineData(9, 2, Held)]
    [InlineData(2, 900, Held)]
    [InlineData(0, 0, 0)]
    public void A_whole_answer_without_a_report_is_the_larger_of_what_can_be_told(long prompt, long answer, long cost) =>
        Assert.Equal(cost, Decide(new ForwardResult(ForwardOutcome.Answered, 200) { PromptTokens = prompt, AnswerTokens = answer }, QuotaUnit.Tokens).Cost);

    [Theory]
    [InlineData(ForwardOutcome.ClientClosed, null, 5)]
    [InlineData(ForwardOutcome.Truncated, null, 5)]
    [InlineData(ForwardOutcome.Truncated, 1L, 5)]
    [InlineData(ForwardOutcome.Truncated, 6L, 6)]
    [InlineData(ForwardOutcome.Truncated, 900L, Held)]
    public void An_unfinished_one_is_its_prompt_and_what_has_passed(ForwardOutcome end, long? reported, long cost) =>
        Assert.Equal(cost, Decide(new ForwardResult(end, 200, reported is null ? null : Total(reported.Value)) { PromptTokens = 2, AnswerTokens = 3 }, QuotaUnit.Tokens).Cost);

    [Fact]
    public void What_holds_nothing_costs_nothing() =>
        Assert.Equal(0, SettlementRules.Decide(new ForwardResult(ForwardOutcome.Answered, 200, Total(30)), 0, QuotaUnit.Tokens, RefundPolicy.Default).Cost);

    [Theory]
    [InlineData(ForwardOutcome.Answered)]
    [InlineData(ForwardOutcome.ClientClosed)]
    [InlineData(ForwardOutcome.Truncated)]
    public void An_error_in_a_stream_has_failed_and_is_charged(ForwardOutcome end) =>
        Assert.Equal((ChargeOutcome.Failed, Held), Decide(new ForwardResult(end, 200) { HasError = true }));

    [Fact]
    public void Tokens_are_refunded_like_anything_else() =>
        Assert.Equal(0, Decide(new ForwardResult(ForwardOutcome.Answered, 500, Total(9)), QuotaUnit.Tokens).Cost);

    [Theory]
    [InlineData(ForwardOutcome.Answered, true, 60)]
    [InlineData(ForwardOutcome.Answered, false, 40)]
    [InlineData(ForwardOutcome.Truncated, false, 45)]
    public void Dollars_are_the_same_table_with_prices(ForwardOutcome end, bool hasReport, long cost)
    {
        // Micro-dollars for each token: 2.5 read, 1.25 of a cache, 10 written
        var price = new ModelPrice(new TokenRates(2.5m, 10) { CachedInput = 1.25m });
        var exchange = new ForwardResult(end, 200, hasReport ? new TokenUsage(7, 4) { CachedInput = 2 } : null) { PromptTokens = 2, AnswerTokens = 4 };

        Assert.Equal(cost, SettlementRules.Decide(exchange, 50, QuotaUnit.Usd, RefundPolicy.Default, price).Cost);
    }

    [Fact]
    public void Without_a_report_no_more_dollars_than_were_held() => Assert.Equal(50, SettlementRules.Decide(
        new ForwardResult(ForwardOutcome.Answered, 200) { AnswerTokens = 40 }, 50, QuotaUnit.Usd, RefundPolicy.Default, new ModelPrice(new TokenRates(2.5m, 10))).Cost);

    [Fact]
    public void A_key_that_counts_requests_does_not_care_for_tokens() =>
        Assert.Equal(Held, Decide(new ForwardResult(ForwardOutcome.Answered, 200, Total(9))).Cost);

    private static TokenUsage Total(long tokens) => new(tokens, 0);

    private static (ChargeOutcome Outcome, long Cost) Decide(ForwardResult exchange, QuotaUnit unit = QuotaUnit.Requests, RefundPolicy? refundOn = null) =>
        SettlementRules.Decide(exchange, Held, unit, refundOn ?? RefundPolicy.Default);

    private static RefundPolicy Policy(string text) =>
        RefundPolicy.TryParse(text.Split(", "), out var policy) ? policy : throw new ArgumentException(text, nameof(text));
}
