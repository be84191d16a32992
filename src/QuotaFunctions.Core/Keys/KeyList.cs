using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;

namespace QuotaFunctions.Core.Keys;

/// <summary>Lists keys and pools: which there are by the index, in which order by the index and by copies, how they stand by their records.</summary>
internal sealed class KeyList(KeyIndex index, IKeyStandings standings, IAccountStore store, TimeProvider clock)
{
    public async Task<KeyPage> ReadAsync(KeyQuery query, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var fitting = (await index.ReadAsync(cancellationToken)).Where(entry => !KeyLocator.IsPoolId(entry.Id) && Fits(entry, query, now)).ToList();
        var copies = query.Sort is KeySort.Used or KeySort.Remaining or KeySort.LastUsed ? await standings.ReadAsync(cancellationToken) : null;
        var isFirst = !KeyPlace.TryParse(query.Cursor, query.Sort, out var last);
        var rest = fitting
            .Select(entry => KeyPlace.Of(entry, query.Sort, copies is null ? null : KeyStanding.Of(entry, copies.GetValueOrDefault(entry.Id), now)))
            .Where(place => isFirst || KeyPlace.InOrder.Compare(place, last) > 0)
            .ToList();
        var page = rest.Order(KeyPlace.InOrder).Take(query.Limit).ToList();
        return new KeyPage(fitting.Count, await ReadKeysAsync(page, query, now, cancellationToken), rest.Count > page.Count ? page[^1].ToCursor() : null);
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
        List<KeyPlace> page, KeyQuery query, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var keys = new ApiKey?[page.Count];
        await KeyIndex.ForEachAsync(
            Enumerable.Range(0, page.Count),
            async (at, stop) =>
            {
                var record = KeyLocator.TryParse(page[at].Id, out var locator) ? await store.ReadAsync(locator, isConsistent: false, stop) : null;
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
}
