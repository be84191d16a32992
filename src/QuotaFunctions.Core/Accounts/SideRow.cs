namespace QuotaFunctions.Core.Accounts;

/// <summary>A row that a commit writes or deletes beside the records and the ledger.</summary>
internal abstract record SideRow
{
    /// <summary>Marks a charge as settled, and at what cost; a commit that would mark it again fails.</summary>
    internal sealed record SettlementMarker(string KeyId, ChargeId Charge, long Cost) : SideRow;

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
/// <param name="Replays">How often the request went out again without being charged.</param>
internal sealed record IdempotencyRecord(
    string IdempotencyKey, string RequestHash, ChargeId Charge, long Cost, DateTimeOffset At, int Replays = 0)
{
    /// <summary>
    /// How often a forwarded request may go out again: what a client's retries need, and no way to call an upstream without end
    /// for one charge.
    /// </summary>
    public const int MaxReplays = 10;

    /// <summary>How long it holds.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    /// <summary>UTC day of <see cref="At"/>, as yyyyMMdd: its row's name begins with it.</summary>
    public int Day => LedgerRow.DayOf(At);
}
