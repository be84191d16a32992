using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Charging;

/// <summary>A charge that was granted: it stands in the ledger.</summary>
public sealed record Charge
{
    private readonly long? _granted;

    /// <summary>Who was charged.</summary>
    public required KeyLocator Key { get; init; }

    /// <summary>Its place in the ledger, and so its id.</summary>
    public required ChargeId Id { get; init; }

    /// <summary>Units taken.</summary>
    public required long Cost { get; init; }

    /// <summary>
    /// Units that what it pays for may cost at the most: those that were taken, or, where an Idempotency-Key is sent again, those of the first time.
    /// </summary>
    public long Granted
    {
        get => _granted ?? Cost;
        init => _granted = value;
    }

    /// <summary>When it was taken.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What was asked for.</summary>
    public required ChargeRequest Request { get; init; }

    /// <summary>The unit that the key counts in.</summary>
    public QuotaUnit Unit { get; init; }

    /// <summary>True where the cost is held, and stands only once it is settled.</summary>
    public bool IsHold { get; init; }

    /// <summary>What was taken for a call to one of the places that it may go to: of what was taken for the dearest of them, where requests are counted.</summary>
    internal long TakenFor(ChargeTarget target) => Unit == QuotaUnit.Requests ? Math.Min(target.Cost, Cost) : Cost;

    /// <summary>True where the cost is an estimate, until the upstream reports its usage.</summary>
    public bool IsEstimate => IsHold && Unit != QuotaUnit.Requests && Cost > 0;

    /// <summary>Its entry in the ledger.</summary>
    internal LedgerEntryRef Ledger { get; init; }
}
