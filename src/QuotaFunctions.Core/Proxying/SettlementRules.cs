using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Pricing;

namespace QuotaFunctions.Core.Proxying;

/// <summary>What a forwarded request costs in the end: the one table of it.</summary>
public static class SettlementRules
{
    /// <summary>Decides the outcome and the cost.</summary>
    /// <param name="exchange">What happened.</param>
    /// <param name="held">What was taken beforehand.</param>
    /// <param name="unit">What the key counts.</param>
    /// <param name="refundOn">When the provider's requests cost nothing.</param>
    /// <param name="price">What the model costs; null where the key does not count dollars.</param>
    public static (ChargeOutcome Outcome, long Cost) Decide(ForwardResult exchange, long held, QuotaUnit unit, RefundPolicy refundOn, ModelPrice? price = null)
    {
        ArgumentNullException.ThrowIfNull(refundOn);
        return (OutcomeOf(exchange), IsRefunded(exchange, refundOn) ? 0 : CostOf(exchange, held, unit, price));
    }

    /// <summary>Whether it costs nothing, whatever it would have come to.</summary>
    internal static bool IsRefunded(ForwardResult exchange, RefundPolicy refundOn) => exchange.End switch
    {
        ForwardOutcome.NotSent or ForwardOutcome.CircuitOpen => true,
        ForwardOutcome.Unreachable => refundOn.Unreachable,
        ForwardOutcome.TimedOut => refundOn.Timeout,
        _ => refundOn.Covers(exchange.Status),
    };

    /// <summary>How it ended.</summary>
    internal static ChargeOutcome OutcomeOf(ForwardResult exchange) => exchange.End switch
    {
        // Also where the client left, or the stream broke off, because of it
        _ when exchange is { HasError: true, Status: < 400 } => ChargeOutcome.Failed,
        ForwardOutcome.NotSent => ChargeOutcome.ClientError,
        ForwardOutcome.CircuitOpen or ForwardOutcome.Unreachable => ChargeOutcome.Unreachable,
        ForwardOutcome.TimedOut => ChargeOutcome.TimedOut,
        ForwardOutcome.CredentialRejected => ChargeOutcome.Failed,
        ForwardOutcome.ClientClosed => ChargeOutcome.ClientClosed,
        ForwardOutcome.Truncated => ChargeOutcome.Truncated,
        _ => exchange.Status switch
        {
            < 400 => ChargeOutcome.Succeeded,
            429 or >= 500 => ChargeOutcome.Failed,
            _ => ChargeOutcome.ClientError,
        },
    };

    // What holds nothing costs nothing, whatever is reported: reading a stored answer reports its usage once more. An unfinished answer's
    // report is only a part: a client could leave just before the rest.
    private static long CostOf(ForwardResult exchange, long held, QuotaUnit unit, ModelPrice? price)
    {
        if (unit == QuotaUnit.Requests || held == 0)
        {
            return held;
        }

        var isWhole = exchange.End == ForwardOutcome.Answered;
        if (exchange.Reported is { } reported && (isWhole || exchange.IsReportLast))
        {
            return UnitsOf(reported);
        }

        var (prompt, answer) = (exchange.PromptTokens, exchange.AnswerTokens);
        var estimate = isWhole
            ? Math.Max(UnitsOf(new TokenUsage(prompt, 0)), UnitsOf(new TokenUsage(0, answer)))
            : UnitsOf(new TokenUsage(prompt, answer));
        return Math.Min(held, Math.Max(estimate, exchange.Reported is { } part ? UnitsOf(part) : 0));

        long UnitsOf(TokenUsage usage) => unit == QuotaUnit.Tokens ? usage.Total : price!.CostOf(usage);
    }
}
