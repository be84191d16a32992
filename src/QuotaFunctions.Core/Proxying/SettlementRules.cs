using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Proxying;

/// <summary>What a forwarded request costs in the end: the one table of it.</summary>
public static class SettlementRules
{
    /// <summary>Decides the outcome and the cost.</summary>
    /// <param name="exchange">What happened.</param>
    /// <param name="held">What was taken beforehand.</param>
    /// <param name="unit">What the key counts.</param>
    /// <param name="refundOn">When the provider's requests cost nothing.</param>
    public static (ChargeOutcome Outcome, long Cost) Decide(ForwardResult exchange, long held, QuotaUnit unit, RefundPolicy refundOn)
    {
        ArgumentNullException.ThrowIfNull(refundOn);
        var refunded = exchange.End switch
        {
            ForwardOutcome.NotSent or ForwardOutcome.CircuitOpen => true,
            ForwardOutcome.Unreachable => refundOn.Unreachable,
            ForwardOutcome.TimedOut => refundOn.Timeout,
            _ => refundOn.Covers(exchange.Status),
        };
        return (OutcomeOf(exchange), refunded ? 0 : CostOf(exchange, held, unit));
    }

    /// <summary>How it ended.</summary>
    internal static ChargeOutcome OutcomeOf(ForwardResult exchange) => exchange.End switch
    {
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

    // A report counts only when the answer arrived whole: what an unfinished stream has said so far is not what it came to,
    // and a client could leave just before the rest.
    private static long CostOf(ForwardResult exchange, long held, QuotaUnit unit) =>
        unit == QuotaUnit.Tokens && exchange is { End: ForwardOutcome.Answered, Reported: { } reported } ? Math.Max(0, reported) : held;
}
