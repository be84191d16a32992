namespace QuotaFunctions.Core.Accounts.Storage;

/// <summary>A commit that is wholly in the log: its row in the ledger may go into the sums.</summary>
/// <param name="Sequence">Its number.</param>
/// <param name="Entries">Its entries.</param>
internal sealed record AuditedCommit(long Sequence, IReadOnlyList<AuditedEntry> Entries);

/// <summary>An entry of such a commit.</summary>
/// <param name="KeyId">The key, or the pool.</param>
/// <param name="Delta">Change of what the key has used, in units.</param>
/// <param name="PoolDelta">Change of what the pool has used, in units.</param>
/// <param name="Usage">What it adds to the counts of the key; null for what was done to a pool.</param>
/// <param name="Provisional">The charge, where its end may still be told: then it is counted anew.</param>
internal sealed record AuditedEntry(string KeyId, long Delta, long PoolDelta, UsageChange? Usage, ProvisionalCharge? Provisional = null);

/// <summary>A charge that is counted although its end may still be told.</summary>
/// <param name="KeyId">The key.</param>
/// <param name="Id">The charge.</param>
/// <param name="CountedBy">The phase of the log that it was counted by, as a number.</param>
internal readonly record struct ProvisionalCharge(string KeyId, ChargeId Id, int CountedBy);
