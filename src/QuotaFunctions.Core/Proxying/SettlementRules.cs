using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Quotas;

namespace QuotaFunctions.Core.Proxying;

/// <summary>How far a forwarded request got.</summary>
public enum UpstreamEnd
{
    /// <summary>The upstream answered, and the client got all of it.</summary>
    Answered,

    /// <summary>Never sent: the request broke a rule that could only be checked on the way (its body turned out malformed or too large).</summary>
    NotSent,

    /// <summary>Never sent: the upstream has been failing and is left alone for a while.</summary>
    CircuitOpen,

    /// <summary>The upstream refused the connection, or broke off before its headers.</summary>
    Unreachable,

    /// <summary>The upstream sent no headers in time.</summary>
    TimedOut,

    /// <summary>The client left before the end.</summary>
    ClientClosed,

    /// <summary>The upstream's answer broke off in the middle, or took longer than it may.</summary>
    Truncated,
}

/// <summary>What a forwarded request came to.</summary>
/// <param name="End">How far it got.</param>
/// <param name="Status">The upstream's status code, 0 where there was none.</param>
/// <param name="Reported">The tokens that the upstream says it used; null where it does not say.</param>
public readonly record struct Exchange(UpstreamEnd End, int Status = 0, long? Reported = null);

/// <summary>What a forwarded request costs in the end: the one table of it.</summary>
public static class SettlementRules
{
    /// <summary>Decides the outcome and the cost.</summary>
    /// <param name="exchange">What happened.</param>
    /// <param name="held">What was taken beforehand.</param>
    /// <param name="unit">What the key counts.</param>
    /// <param name="refundOn">When the provider's requests cost nothing.</param>
    public static (ChargeOutcome Outcome, long Cost) Decide(Exchange exchange, long held, QuotaUnit unit, RefundPolicy refundOn)
    {
        ArgumentNullException.ThrowIfNull(refundOn);
        var refunded = exchange.End switch
        {
            UpstreamEnd.NotSent or UpstreamEnd.CircuitOpen => true,
            UpstreamEnd.Unreachable => refundOn.Unreachable,
            UpstreamEnd.TimedOut => refundOn.Timeout,
            _ => refundOn.Covers(exchange.Status),
        };
        return (OutcomeOf(exchange), refunded ? 0 : CostOf(exchange, held, unit));
    }

    private static ChargeOutcome OutcomeOf(Exchange exchange) => exchange.End switch
    {
        UpstreamEnd.NotSent => ChargeOutcome.ClientError,
        UpstreamEnd.CircuitOpen or UpstreamEnd.Unreachable => ChargeOutcome.Unreachable,
        UpstreamEnd.TimedOut => ChargeOutcome.TimedOut,
        UpstreamEnd.ClientClosed => ChargeOutcome.ClientClosed,
        UpstreamEnd.Truncated => ChargeOutcome.Truncated,
        _ => exchange.Status switch
        {
            < 400 => ChargeOutcome.Succeeded,
            429 or >= 500 => ChargeOutcome.Failed,
            _ => ChargeOutcome.ClientError,
        },
    };

    // A report counts only when the answer arrived whole: what an unfinished stream has said so far is not what it came to,
    // and a client could leave just before the rest.
    private static long CostOf(Exchange exchange, long held, QuotaUnit unit) =>
        unit == QuotaUnit.Tokens && exchange is { End: UpstreamEnd.Answered, Reported: { } reported } ? Math.Max(0, reported) : held;
}
