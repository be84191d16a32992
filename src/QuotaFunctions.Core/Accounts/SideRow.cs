namespace QuotaFunctions.Core.Accounts;

/// <summary>A row that a commit writes or deletes beside the records and the ledger.</summary>
internal abstract record SideRow
{
    /// <summary>Marks a charge as settled, at what cost, and what a repetition of it gets; a commit that would mark it again fails.</summary>
    internal sealed record SettlementMarker(string KeyId, ChargeId Charge, long Cost, Repetition Repetition = Repetition.OnceMore) : SideRow;

    /// <summary>Remembers an Idempotency-Key, in place of an expired one.</summary>
    internal sealed record Idempotency(string KeyId, IdempotencyRecord Record) : SideRow;

    /// <summary>Begins a lease.</summary>
    internal sealed record Granted(LeaseState Lease) : SideRow;

    /// <summary>Ends a lease, as it stands: a commit on it meanwhile makes this one fail.</summary>
    internal sealed record Ended(LeaseState Lease) : SideRow;
}

/// <summary>An Idempotency-Key that was charged.</summary>
/// <param name="IdempotencyKey">What the client sent.</param>
/// <param name="RequestHash">What it stood for.</param>
/// <param name="Charge">The charge.</param>
/// <param name="Cost">Units taken.</param>
/// <param name="At">When.</param>
/// <param name="Again">The call that repeats it without a charge, of which there is one at the most; null for none.</param>
internal sealed record IdempotencyRecord(
    string IdempotencyKey, string RequestHash, ChargeId Charge, long Cost, DateTimeOffset At, RepeatedCall? Again = null)
{
    /// <summary>How long it holds.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    /// <summary>UTC day of <see cref="At"/>, as yyyyMMdd: its row's name begins with it.</summary>
    public int Day => LedgerRow.DayOf(At);
}

/// <summary>A call that was forwarded again without a charge.</summary>
/// <param name="Charge">Its charge, of 0 units.</param>
/// <param name="At">When.</param>
internal sealed record RepeatedCall(ChargeId Charge, DateTimeOffset At);
