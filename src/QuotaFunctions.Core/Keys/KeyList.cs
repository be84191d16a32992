using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;

namespace QuotaFunctions.Core.Keys;

/// <summary>Lists keys and pools: which there are by the index, how they stand by their records.</summary>
internal sealed class KeyList(KeyIndex index, IAccountStore store, TimeProvider clock)
{
    /// <summary>By account, then by key: an order that no new key changes, and that has the keys of a pool together.</summary>
    private static readonly Comparer<KeyLocator> InOrder = Comparer<KeyLocator>.Create(static (key, other) =>
    {
        var byAccount = string.CompareOrdinal(key.AccountId, other.AccountId);
        return byAccount != 0 ? byAccount : string.CompareOrdinal(key.KeyId, other.KeyId);
    });

    public async Task<KeyPage> ReadAsync(KeyQuery query, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var fitting = (await index.ReadAsync(cancellationToken))
            .Where(entry => Fits(entry, query, now))
            .Select(entry => KeyLocator.TryParse(entry.Id, out var locator) ? locator : (KeyLocator?)null)
            .OfType<KeyLocator>()
            .ToList();
        var rest = fitting.Where(key => Follows(key, query.Cursor)).ToList();
        var page = rest.Order(InOrder).Take(query.Limit).ToList();
        return new KeyPage(fitting.Count, await ReadKeysAsync(page, query, now, cancellationToken), rest.Count > page.Count ? page[^1].KeyId : null);
    }

    /// <summary>The ids of a tenant's keys and pools, the revoked ones, too.</summary>
    public async Task<IReadOnlySet<string>> ReadOwnedIdsAsync(string tenant, CancellationToken cancellationToken) =>
        (await index.ReadAsync(cancellationToken)).Where(entry => entry.Tenant == tenant).Select(entry => entry.Id).ToHashSet();

    /// <summary>What the keys and pools count in that do not count in requests, the revoked ones, too.</summary>
    public async Task<IReadOnlyDictionary<string, QuotaUnit>> ReadUnitsAsync(CancellationToken cancellationToken) =>
        (await index.ReadAsync(cancellationToken))
            .Where(entry => entry.Unit is not (null or QuotaUnit.Requests))
            .ToDictionary(entry => entry.Id, entry => entry.Unit!.Value);

    /// <summary>The pools of a tenant, or all, that are not revoked, in the order of their ids.</summary>
    public async Task<IReadOnlyList<PoolState>> ReadPoolsAsync(string? tenant, CancellationToken cancellationToken)
    {
        var ids = (await index.ReadAsync(cancellationToken))
            .Where(entry => KeyLocator.IsPoolId(entry.Id) && Fits(entry))
            .Select(entry => entry.Id)
            .Order(StringComparer.Ordinal)
            .ToList();
        var pools = new PoolState?[ids.Count];
        await KeyIndex.ForEachAsync(
            Enumerable.Range(0, ids.Count), async (at, stop) => pools[at] = (await store.LoadAsync(ids[at], stop))?.Pool, cancellationToken);
        return [.. pools.OfType<PoolState>().Where(pool => Fits(IndexedKey.Of(pool)))];

        bool Fits(IndexedKey pool) => pool.Status != KeyStatus.Revoked && (tenant is null || pool.Tenant == tenant);
    }

    /// <summary>The ids of all keys, or of those of a tenant, in their order.</summary>
    public async Task<IReadOnlyList<string>> ReadIdsAsync(string? tenant, CancellationToken cancellationToken) =>
        [.. (await index.ReadAsync(cancellationToken))
            .Where(entry => !KeyLocator.IsPoolId(entry.Id) && (tenant is null || entry.Tenant == tenant))
            .Select(entry => entry.Id)
            .Order(StringComparer.Ordinal)];

    /// <summary>Reads the keys of a page. One that does not fit any more by its record is left out.</summary>
    private async Task<IReadOnlyList<ApiKey>> ReadKeysAsync(
        List<KeyLocator> page, KeyQuery query, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var keys = new ApiKey?[page.Count];
        await KeyIndex.ForEachAsync(
            Enumerable.Range(0, page.Count),
            async (at, stop) =>
            {
                var record = await store.ReadAsync(page[at], isConsistent: false, stop);
                keys[at] = record is not null && Fits(IndexedKey.Of(record.Key), query, now) ? record.Key.ToApiKey(record.Pool, now) : null;
            },
            cancellationToken);
        return [.. keys.OfType<ApiKey>()];
    }

    private static bool Fits(IndexedKey key, KeyQuery query, DateTimeOffset now) =>
        (query.Status is { } status ? key.Status == status : key.Status != KeyStatus.Revoked)
        && (query.Expired is null || (key.ExpiresAt <= now) == query.Expired)
        && (query.Tenant is null || key.Tenant == query.Tenant)
        && (query.Name is null || key.Name.Contains(query.Name, StringComparison.OrdinalIgnoreCase));

    private static bool Follows(KeyLocator key, string? cursor) => !KeyLocator.TryParse(cursor, out var other) || InOrder.Compare(key, other) > 0;
}
