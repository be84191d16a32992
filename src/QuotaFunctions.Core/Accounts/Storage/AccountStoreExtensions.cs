namespace QuotaFunctions.Core.Accounts.Storage;

/// <summary>Reads records that take more than one row.</summary>
internal static class AccountStoreExtensions
{
    /// <summary>How often rows that belong together are read for adding the books up; then what was read last must do.</summary>
    private const int MaxAttempts = 20;

    /// <summary>Reads a key's record; null where there is none.</summary>
    /// <param name="store">Where it is kept.</param>
    /// <param name="locator">Which.</param>
    /// <param name="isConsistent">
    /// Whether all rows must belong together, as for adding the books up. What is only shown takes one attempt, as asking must not load a
    /// busy account.
    /// </param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async Task<AccountSnapshot?> ReadAsync(
        this IAccountStore store, KeyLocator locator, bool isConsistent, CancellationToken cancellationToken)
    {
        var attempts = isConsistent ? MaxAttempts : 1;
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

            if (account.Pool is null && key.Balance.Leased == 0)
            {
                return new AccountSnapshot(account.Head, key, Pool: null, []);
            }

            var leases = account.Pool is null ? await store.ReadLeasesAsync(locator.AccountId, cancellationToken) : [];
            if (attempt == attempts || (await store.LoadAsync(locator.AccountId, cancellationToken))?.Head == account.Head)
            {
                key.Balance.CountLeases(leases);
                return new AccountSnapshot(account.Head, key, account.Pool, leases);
            }
        }
    }
}
