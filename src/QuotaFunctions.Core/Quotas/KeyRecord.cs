using QuotaFunctions.Core.Keys;

namespace QuotaFunctions.Core.Quotas;

/// <summary>A key's record, read so that all of it belongs together: with what has been spent from leases, and with its pool.</summary>
/// <param name="Head">The account's head.</param>
/// <param name="Key">The key; what was spent from leases is used, nothing is set aside.</param>
/// <param name="Pool">Its pool, or null.</param>
/// <param name="Leases">The leases that are out.</param>
internal sealed record KeyRecord(LedgerHead Head, KeyState Key, PoolState? Pool, IReadOnlyList<LeaseState> Leases)
{
    /// <summary>True where an entry of the ledger is in the record's sums.</summary>
    public bool Covers(LedgerPlace place) =>
        Leases.FirstOrDefault(lease => lease.Holds(place.Sequence)) is { } lease ? lease.Covers(place) : place.Sequence <= Head.Sequence;

    /// <summary>True where nothing was committed between the two readings.</summary>
    public bool IsSameAs(KeyRecord other) =>
        Head == other.Head && Leases.Select(lease => lease.CommitId).SequenceEqual(other.Leases.Select(lease => lease.CommitId));
}

/// <summary>Reads records that take more than one row.</summary>
internal static class AccountStoreExtensions
{
    /// <summary>How often rows that belong together are read for adding the books up; then what was read last must do.</summary>
    private const int MaxAttempts = 20;

    /// <summary>Reads a key's record; null where there is none.</summary>
    /// <param name="store">Where it is kept.</param>
    /// <param name="locator">Which.</param>
    /// <param name="withPages">
    /// Whether the leases' pages are read, by which entries of the ledger are known to be covered: for adding the books up, which needs
    /// rows that belong together. What is only shown takes one attempt, as asking must not load a busy account.
    /// </param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async Task<KeyRecord?> ReadAsync(
        this IAccountStore store, KeyLocator locator, bool withPages, CancellationToken cancellationToken)
    {
        var attempts = withPages ? MaxAttempts : 1;
        for (var attempt = 1; ; attempt++)
        {
            var account = await store.LoadAsync(locator.AccountId, cancellationToken);
            var key = account?.Pool is null
                ? account?.Keys.GetValueOrDefault(locator.KeyId)
                : await store.LoadKeyAsync(locator, cancellationToken);
            if (account is null || key is null)
            {
                return null;
            }

            if (account.Pool is null && key.Meter.Leased == 0)
            {
                return new KeyRecord(account.Head, key, Pool: null, []);
            }

            var leases = account.Pool is null ? await store.ReadLeasesAsync(locator.AccountId, withPages, cancellationToken) : [];
            if (attempt == attempts || (await store.LoadAsync(locator.AccountId, cancellationToken))?.Head == account.Head)
            {
                key.Meter.CountLeases(leases);
                return new KeyRecord(account.Head, key, account.Pool, leases);
            }
        }
    }
}
