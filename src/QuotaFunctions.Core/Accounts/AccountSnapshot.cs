namespace QuotaFunctions.Core.Accounts;

/// <summary>A key's record, read so that all of it belongs together: with what has been spent from leases, and with its pool.</summary>
/// <param name="Head">The account's head.</param>
/// <param name="Key">The key; what was spent from leases is used, nothing is set aside.</param>
/// <param name="Pool">Its pool, or null.</param>
/// <param name="Leases">The leases that are out.</param>
internal sealed record AccountSnapshot(LedgerHead Head, KeyState Key, PoolState? Pool, IReadOnlyList<LeaseState> Leases)
{
    /// <summary>True where a commit of the ledger is in the record's sums.</summary>
    public bool Covers(long sequence) => Covers(Head, Leases, sequence);

    /// <summary>True where a commit of the ledger is in the sums of an account with this head and these leases.</summary>
    public static bool Covers(LedgerHead head, IReadOnlyList<LeaseState> leases, long sequence) =>
        sequence <= (leases.FirstOrDefault(lease => lease.Holds(sequence))?.Sequence ?? head.Sequence);

    /// <summary>True where nothing was committed between the two readings.</summary>
    public bool IsSameAs(AccountSnapshot other) =>
        Head == other.Head && Leases.Select(lease => lease.CommitId).SequenceEqual(other.Leases.Select(lease => lease.CommitId));
}
