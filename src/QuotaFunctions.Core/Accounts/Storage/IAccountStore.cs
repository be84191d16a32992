namespace QuotaFunctions.Core.Accounts.Storage;

/// <summary>
/// Where accounts are kept. Every method may throw whatever storage throws; after an exception from
/// <see cref="TryCommitAsync"/> it is not known whether the commit was carried out, now or later.
/// </summary>
internal interface IAccountStore
{
    /// <summary>Reads an account's head; null where there is none. Of a pool no key is read yet.</summary>
    Task<AccountState?> LoadAsync(string accountId, CancellationToken cancellationToken);

    /// <summary>Reads one key; null where there is none.</summary>
    Task<KeyState?> LoadKeyAsync(KeyLocator locator, CancellationToken cancellationToken);

    /// <summary>
    /// Writes a transaction as a whole or not at all, on condition that nothing of what it changes has changed since it was read.
    /// True when it was carried out (the versions in the transaction are then the new ones), false when a condition failed.
    /// </summary>
    Task<bool> TryCommitAsync(AccountTransaction transaction, CancellationToken cancellationToken);

    /// <summary>Reads the ledger's row with a number; null where there is none, or not any more.</summary>
    Task<LedgerRow?> FindCommitAsync(string accountId, long sequence, CancellationToken cancellationToken);

    /// <summary>Reads an Idempotency-Key that was charged within <see cref="IdempotencyRecord.Lifetime"/>, and perhaps before; null where there is none.</summary>
    Task<IdempotencyRecord?> FindIdempotencyRecordAsync(KeyLocator locator, string idempotencyKey, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Reads the mark of a charge that is settled; null where it is not.</summary>
    Task<SideRow.SettlementMarker?> FindSettlementAsync(KeyLocator locator, ChargeId charge, CancellationToken cancellationToken);

    /// <summary>Reads an account's leases.</summary>
    Task<IReadOnlyList<LeaseState>> ReadLeasesAsync(string accountId, CancellationToken cancellationToken);

    /// <summary>Reads a lease; null where it has ended.</summary>
    Task<LeaseState?> FindLeaseAsync(string accountId, string leaseId, CancellationToken cancellationToken);

    /// <summary>Closes a lease, where it has not ended: nothing is committed on it after this, and it is to be read again.</summary>
    Task CloseLeaseAsync(LeaseState lease, CancellationToken cancellationToken);

    /// <summary>Adds a new key's row. False where it is there already.</summary>
    Task<bool> TryAddKeyAsync(KeyState key, CancellationToken cancellationToken);

    /// <summary>Adds a new pool's row. False where it is there already.</summary>
    Task<bool> TryAddPoolAsync(PoolState pool, CancellationToken cancellationToken);
}
