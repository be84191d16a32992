using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Jobs;
using QuotaFunctions.Core.Keys;

namespace QuotaFunctions.Core.Usage;

/// <inheritdoc cref="IUsageReader"/>
internal sealed class UsageReader(
    TableServiceClient tables, StorageNames names, LedgerReader ledger, IAccountStore store, KeyIndex index, RefusalReader refusals, TimeProvider clock)
    : IUsageReader
{
    /// <summary>Days that are read at once.</summary>
    private const int Degree = 4;

    private readonly TableClient _usage = tables.GetTableClient(names.Usage);

    /// <inheritdoc/>
    public async Task<UsageReport> ReadAsync(UsageQuery query, CancellationToken cancellationToken)
    {
        if (query.KeyId is { } keyId)
        {
            return await ReadKeyAsync(query, keyId, cancellationToken);
        }

        var totals = new UsageTotals(query, IsOfAll(query) ? new Dictionary<string, IndexedKey>() : await FindKeysAsync(query, cancellationToken), clock.GetUtcNow());
        if (query.From is null && IsOfAll(query))
        {
            var (days, _) = await ReadDaysAsync(cancellationToken);
            days.ForEach(day => totals.AddOfAll(at: null, day));
        }
        else if (query.From is null)
        {
            await foreach (var row in ReadPartitionAsync(UsageEntity.Keys, select: null, cancellationToken))
            {
                totals.Add(row.RowKey, UsageEntity.Unit(row), at: null, UsageSum.Parse(row.GetString(UsageEntity.Sum)));
                totals.Note(row.RowKey, UsageEntity.ToStanding(row));
            }
        }
        else
        {
            await Concurrently.ForEachAsync(UsageSpan.DaysOf(query, clock.GetUtcNow()), Degree, (day, token) => ReadDayAsync(query, day, totals, token), cancellationToken);
            if (query.GroupBy == UsageGroup.Key)
            {
                await foreach (var row in ReadPartitionAsync(UsageEntity.Keys, select: null, cancellationToken))
                {
                    totals.Note(row.RowKey, UsageEntity.ToStanding(row));
                }
            }
        }

        await refusals.AddAsync(query, totals, cancellationToken);
        return totals.ToReport();
    }

    /// <inheritdoc/>
    public async Task<FleetUsage> ReadFleetAsync(CancellationToken cancellationToken)
    {
        var (days, nearest) = await ReadDaysAsync(cancellationToken);
        var now = clock.GetUtcNow();
        var active = (await index.ReadAsync(cancellationToken))
            .Count(key => !KeyLocator.IsPoolId(key.Id) && key.Status == KeyStatus.Active && !(key.ExpiresAt <= now));
        return new FleetUsage(days, nearest, active, (await refusals.ReadSumsAsync(cancellationToken)).Codes);
    }

    /// <summary>The days over all keys, and the keys that are nearest to their end.</summary>
    private async Task<(List<FleetDay> Days, IReadOnlyList<KeyToEnd> Nearest)> ReadDaysAsync(CancellationToken cancellationToken)
    {
        var days = new List<FleetDay>();
        IReadOnlyList<KeyToEnd> nearest = [];
        await foreach (var row in ReadPartitionAsync(UsageEntity.Fleet, select: null, cancellationToken))
        {
            if (row.RowKey == UsageEntity.Nearest)
            {
                nearest = UsageEntity.ToNearest(row);
            }
            else
            {
                days.Add(UsageEntity.ToFleetDay(row));
            }
        }

        return (days, nearest);
    }

    /// <summary>True where the sums over all keys answer it.</summary>
    private static bool IsOfAll(UsageQuery query) => query is { Tenant: null, GroupBy: UsageGroup.Provider or UsageGroup.Model };

    private async Task<IReadOnlyDictionary<string, IndexedKey>> FindKeysAsync(UsageQuery query, CancellationToken cancellationToken) =>
        (await index.ReadAsync(cancellationToken))
            .Where(key => !KeyLocator.IsPoolId(key.Id) && (query.Tenant is null || key.Tenant == query.Tenant))
            .ToDictionary(key => key.Id);

    /// <summary>Of one key everything is read where it is counted: neither the index nor the copies are asked. Refusals have one place only.</summary>
    private async Task<UsageReport> ReadKeyAsync(UsageQuery query, string keyId, CancellationToken cancellationToken)
    {
        if (!KeyLocator.TryParse(keyId, out var locator) || await store.ReadAsync(locator, isConsistent: false, cancellationToken) is not { } record
            || (query.Tenant is not null && record.Key.Settings.Tenant != query.Tenant))
        {
            return new UsageTotals(query, new Dictionary<string, IndexedKey>(), clock.GetUtcNow()).ToReport();
        }

        var now = clock.GetUtcNow();
        var totals = new UsageTotals(query, new Dictionary<string, IndexedKey> { [keyId] = IndexedKey.Of(record.Key) }, now);
        var quota = QuotaRules.Snapshot(record.Key, record.Pool, now);
        totals.Note(keyId, new KeyStanding(quota.Unit, quota.Limit, quota.Used, quota.Remaining, record.Key.LastUsedAt, quota.ResetsAt));
        await refusals.AddAsync(query, totals, cancellationToken);
        if (query.From is null)
        {
            totals.Add(keyId, quota.Unit, at: null, (await ledger.ReadSumAsync(locator.AccountId, keyId, cancellationToken)).Usage);
            return totals.ToReport();
        }

        var days = UsageSpan.DaysOf(query, now);
        if (days.Count == 0)
        {
            return totals.ToReport();
        }

        var spans = days.ToDictionary(day => day.Day);
        await foreach (var day in ledger.ReadDaysAsync(locator, days[0].Day, days[^1].Day, cancellationToken))
        {
            foreach (var (slot, sum) in day.Slots.Where(slot => spans[day.Day].Slots.Contains(slot.Key)))
            {
                totals.Add(keyId, quota.Unit, UsageSpan.StartOf(day.Day, slot), sum);
            }
        }

        return totals.ToReport();
    }

    private async Task ReadDayAsync(UsageQuery query, UsageSpan day, UsageTotals totals, CancellationToken cancellationToken)
    {
        if (!day.IsWhole)
        {
            var properties = day.Slots.Select(KeyDay.PropertyOf).ToList();
            await foreach (var row in ReadPartitionAsync(UsageEntity.Day(day.Day), [.. properties, "RowKey", nameof(UsageEntity.Unit)], cancellationToken))
            {
                foreach (var (slot, sum) in KeyDay.SlotsOf(row))
                {
                    totals.Add(row.RowKey, UsageEntity.Unit(row), UsageSpan.StartOf(day.Day, slot), sum);
                }
            }
        }
        else if (IsOfAll(query))
        {
            var filter = TableClient.CreateQueryFilter($"PartitionKey eq {UsageEntity.Fleet} and RowKey eq {UsageEntity.NameOf(day.Day)}");
            await foreach (var row in _usage.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken))
            {
                totals.AddOfAll(UsageSpan.StartOf(day.Day, 0), UsageEntity.ToFleetDay(row));
            }
        }
        else
        {
            await foreach (var row in ReadPartitionAsync(UsageEntity.Day(day.Day), ["RowKey", UsageEntity.Sum, nameof(UsageEntity.Unit)], cancellationToken))
            {
                totals.Add(row.RowKey, UsageEntity.Unit(row), UsageSpan.StartOf(day.Day, 0), UsageSum.Parse(row.GetString(UsageEntity.Sum)));
            }
        }
    }

    private Azure.AsyncPageable<TableEntity> ReadPartitionAsync(string partition, IEnumerable<string>? select, CancellationToken cancellationToken) =>
        _usage.QueryAsync<TableEntity>(TableClient.CreateQueryFilter($"PartitionKey eq {partition}"), select: select, cancellationToken: cancellationToken);
}
