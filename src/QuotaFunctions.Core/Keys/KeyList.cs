using Azure.Data.Tables;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Quotas;

namespace QuotaFunctions.Core.Keys;

/// <summary>Lists keys, and pools, straight from the table.</summary>
internal sealed class KeyList(TableServiceClient tables, StorageNames names, TimeProvider clock)
{
    private readonly TableClient _table = tables.GetTableClient(names.Accounts);

    public async Task<KeyPage> ReadAsync(KeyQuery query, CancellationToken cancellationToken)
    {
        // Counting takes all of them anyway; the page is cut out on the way.
        var now = clock.GetUtcNow();
        var pools = new Dictionary<string, PoolState>();
        var leases = new List<LeaseState>();
        var page = new List<(KeyState Key, string Account)>();
        var total = 0;
        var hasMore = false;
        await foreach (var row in _table.QueryAsync<TableEntity>(
            $"({AccountRows.AllKeys}) or ({AccountRows.AllLeases}) or RowKey eq '{AccountRows.Pool}'", cancellationToken: cancellationToken))
        {
            if (row.RowKey == AccountRows.Pool)
            {
                pools[row.PartitionKey] = AccountEntity.ToPool(row);
                continue;
            }

            if (AccountRows.IsLease(row.RowKey))
            {
                leases.Add(AccountEntity.ToLease(row));
                continue;
            }

            var key = AccountEntity.ToKey(row);
            if (!Fits(key, query, now))
            {
                continue;
            }

            total++;
            if (query.Cursor is not null && Compare(key.Locator, query.Cursor) <= 0)
            {
                continue;
            }

            hasMore = page.Count == query.Limit;
            if (!hasMore)
            {
                page.Add((key, row.PartitionKey));
            }
        }

        foreach (var (key, account) in page)
        {
            key.Meter.CountLeases(leases.Where(lease => lease.AccountId == account));
        }

        return new KeyPage(
            total,
            [.. page.Select(item => item.Key.ToApiKey(pools.GetValueOrDefault(item.Account), now))],
            hasMore ? page[^1].Key.Locator.KeyId : null);
    }

    /// <summary>All pools that are not revoked.</summary>
    public async Task<IReadOnlyList<PoolState>> ReadPoolsAsync(CancellationToken cancellationToken)
    {
        var pools = new List<PoolState>();
        await foreach (var row in _table.QueryAsync<TableEntity>($"RowKey eq '{AccountRows.Pool}'", cancellationToken: cancellationToken))
        {
            var pool = AccountEntity.ToPool(row);
            if (pool.Status != KeyStatus.Revoked)
            {
                pools.Add(pool);
            }
        }

        return pools;
    }

    private static bool Fits(KeyState key, KeyQuery query, DateTimeOffset now) =>
        (query.Status is { } status ? key.Status == status : key.Status != KeyStatus.Revoked)
        && (query.Expired is null || (key.Settings.ExpiresAt <= now) == query.Expired)
        && (query.Tenant is null || key.Settings.Tenant == query.Tenant)
        && (query.Name is null || key.Settings.Name.Contains(query.Name, StringComparison.OrdinalIgnoreCase));

    /// <summary>In the order of the table: by account, then by key.</summary>
    private static int Compare(KeyLocator key, string cursor)
    {
        if (!KeyLocator.TryParse(cursor, out var other))
        {
            return 1;
        }

        var byAccount = string.CompareOrdinal(key.AccountId, other.AccountId);
        return byAccount != 0 ? byAccount : string.CompareOrdinal(key.KeyId, other.KeyId);
    }
}
