namespace QuotaFunctions.Core.Accounts;

/// <summary>What a limit is counted with: a key's own, or a pool's. All amounts in units.</summary>
internal sealed class QuotaBalance
{
    /// <summary>Periods that a rollover looks back over; beyond that every cap is reached.</summary>
    private const int MaxPeriods = 1000;

    public QuotaType Type { get; set; }

    public QuotaUnit Unit { get; set; }

    /// <summary>Granted in all, in the current period.</summary>
    public long Quota { get; set; }

    /// <summary>Used since the last reset or refill, holds included.</summary>
    public long Used { get; set; }

    /// <summary>Of <see cref="Used"/>, what is held until it is settled.</summary>
    public long Held { get; set; }

    /// <summary>Set aside for leases; not in <see cref="Used"/>.</summary>
    public long Leased { get; set; }

    public RefillPolicy? Refill { get; set; }

    /// <summary>When the next refill is due; set together with <see cref="Refill"/>.</summary>
    public DateTimeOffset? ResetsAt { get; set; }

    /// <summary>The entry of the ledger that set <see cref="Used"/> to 0 last: what was charged before it is settled for good.</summary>
    public LedgerPosition LastReset { get; set; }

    /// <summary>Units that are neither used nor set aside; null for unlimited.</summary>
    public long? Left => Type == QuotaType.Time ? null : Math.Max(0, Quota - Used - Leased);

    public bool Affords(long cost) => Type == QuotaType.Time || Quota - Used - Leased >= cost;

    public bool IsRefillDue(DateTimeOffset now) => Refill is not null && ResetsAt <= now;

    /// <summary>Sets how the quota is filled up from now on. What is there stays until the first period begins.</summary>
    public void SetRefill(RefillPolicy? policy, DateTimeOffset now)
    {
        if (policy != Refill)
        {
            Refill = policy;
            ResetsAt = policy is null ? null : RefillCalendar.NextAfter(policy, now);
        }
    }

    /// <summary>Counts what was spent from leases as used, and what was not as free: to show how a key stands.</summary>
    public void CountLeases(IEnumerable<LeaseState> leases)
    {
        Used += leases.Sum(lease => lease.Spent);
        Leased = 0;
    }

    /// <summary>Begins the period that a moment lies in. Returns what that takes from <see cref="Used"/>.</summary>
    public long BeginPeriod(DateTimeOffset now, LedgerPosition place)
    {
        var policy = Refill!;
        Quota = policy.Rollover ? RolledOver(policy, ResetsAt!.Value, now) : policy.Amount;
        ResetsAt = RefillCalendar.NextAfter(policy, now);
        return Zero(place);
    }

    /// <summary>Sets what is used to 0. Returns what that takes from it.</summary>
    public long Zero(LedgerPosition place)
    {
        var taken = Used;
        Used = 0;
        Held = 0;
        LastReset = place;
        return taken;
    }

    public void Take(long cost, bool hold)
    {
        Used += cost;
        if (hold)
        {
            Held += cost;
        }
    }

    /// <summary>
    /// Corrects a charge's cost, never below what the other charges came to. Returns the change that was made: 0 for a
    /// charge from before the last reset or refill, whose period is closed at what it was charged.
    /// </summary>
    public long Settle(LedgerPosition charge, long cost, bool held, long finalCost)
    {
        if (charge < LastReset)
        {
            return 0;
        }

        if (held)
        {
            Held -= cost;
        }

        var delta = finalCost - cost;
        Used += delta;
        return delta;
    }

    public QuotaBalance Clone() => (QuotaBalance)MemberwiseClone();

    private long RolledOver(RefillPolicy policy, DateTimeOffset due, DateTimeOffset now)
    {
        var cap = policy.RolloverCap ?? 2 * policy.Amount;
        var periods = RefillCalendar.CountBetween(policy, due, now, MaxPeriods);
        var left = Math.Max(0, Quota - Used);
        return Math.Min(Math.Max(cap, policy.Amount), left + (periods * policy.Amount));
    }
}
