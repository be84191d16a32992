using System.Collections.Concurrent;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Jobs;

namespace QuotaFunctions.Core.Usage;

/// <summary>Copies what was counted of each key to where one range holds a day of all keys, and adds up the days over all keys.</summary>
/// <remarks>
/// A copy is a state, not a change. It is looked for before its source is read, and written on condition that nobody wrote it meanwhile: so it
/// never goes back to an older state. A mark is removed only once the day it names is copied and added up.
/// </remarks>
internal sealed partial class UsageProjector(
    TableServiceClient tables, StorageNames names, ChangedUsageIndex changed, LedgerReader ledger, IAccountStore store, AccountJobs jobs,
    IEnumerable<IStandingListener> listeners, TimeProvider clock, ILogger<UsageProjector> logger) : ISweepFollowUp
{
    /// <summary>Keys that are remembered as nearest to their end.</summary>
    private const int MaxNearest = 100;

    private static readonly string[] OnlySource = ["RowKey", UsageEntity.Source];

    private readonly TableClient _usage = tables.GetTableClient(names.Usage);
    private readonly TableClient _state = tables.GetTableClient(names.State);

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            var marks = await changed.ReadAsync(cancellationToken);
            if (marks.Count == 0)
            {
                return;
            }

            var now = await _state.NoteRunAsync("usage", cancellationToken);
            var copied = new ConcurrentBag<ChangedDay>();
            await jobs.ForEachAsync("copy its usage", marks.GroupBy(mark => mark.KeyId).ToList(), key => key.Key, CopyAsync, cancellationToken);
            foreach (var day in copied.GroupBy(mark => mark.Day))
            {
                if (!await TryAddUpAsync(day.Key, cancellationToken))
                {
                    continue;
                }

                await Concurrently.ForEachAsync(day.Where(mark => mark.Mark.IsSettled(now)), AccountJobs.Degree, changed.RemoveAsync, cancellationToken);
            }

            await AddUpNearestAsync(cancellationToken);

            async Task CopyAsync(IGrouping<string, ChangedDay> key, CancellationToken token)
            {
                if (await TryCopyAsync(key.Key, [.. key.Select(mark => mark.Day)], token))
                {
                    key.ToList().ForEach(copied.Add);
                }
            }
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested && StorageErrors.IsTransient(failure))
        {
            LogUnavailable(logger, StorageErrors.Kind(failure));
        }
    }

    /// <summary>Copies a key and its days. False where another instance was faster with some of it: its copy may be made of an older state.</summary>
    private async Task<bool> TryCopyAsync(string keyId, IReadOnlyList<int> days, CancellationToken cancellationToken)
    {
        if (!KeyLocator.TryParse(keyId, out var locator))
        {
            return true;
        }

        var row = await _usage.FindAsync(UsageEntity.Keys, keyId, UsageEntity.Marks, logger, cancellationToken);
        var sum = await ledger.ReadSumAsync(locator.AccountId, keyId, cancellationToken);
        if (await store.ReadAsync(locator, isConsistent: false, cancellationToken) is not { } record)
        {
            return true;
        }

        var (key, pool) = (record.Key, record.Pool);
        var now = clock.GetUtcNow();
        var quota = QuotaRules.Snapshot(key, pool, now);
        var copied = UsageEntity.Of(keyId, sum.Usage, quota, key.LastUsedAt);
        await TellAsync(row, copied, record, now, cancellationToken);
        var isWritten = await TryWriteAsync(row, copied, $"{sum.Version} {key.Version} {pool?.Version}", cancellationToken);
        foreach (var day in days)
        {
            var copy = await FindAsync(UsageEntity.Day(day), keyId, cancellationToken);
            var source = await ledger.ReadDayAsync(locator, day, cancellationToken);
            if (source.Version is { } version)
            {
                isWritten &= await TryWriteAsync(copy, UsageEntity.Of(source, quota.Unit), version.ToString(), cancellationToken);
            }
        }

        return isWritten;
    }

    /// <summary>Tells how a key stands, and its pool, and notes it in the copy that is about to be written.</summary>
    private async Task TellAsync(TableEntity? before, TableEntity copy, AccountSnapshot record, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var key = QuotaStanding.Of(record, now);
        var pool = record.Pool is null ? null : QuotaStanding.Of(record.Pool, record.Head.Sequence, now);
        UsageEntity.Note(copy, key, pool);
        foreach (var listener in listeners)
        {
            await listener.ToldAsync(UsageEntity.ToMark(before), key, cancellationToken);
            if (pool is not null)
            {
                await listener.ToldAsync(UsageEntity.ToPoolMark(before), pool, cancellationToken);
            }
        }
    }

    /// <summary>Adds a day up over all keys. False where another instance was faster.</summary>
    private async Task<bool> TryAddUpAsync(int day, CancellationToken cancellationToken)
    {
        var before = await _usage.FindAsync(UsageEntity.Fleet, UsageEntity.NameOf(day), select: null, logger, cancellationToken);
        var sum = new UsageSum();
        var units = new Dictionary<QuotaUnit, long>();
        var others = new Dictionary<QuotaUnit, UsageSum>();
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {UsageEntity.Day(day)}");
        await foreach (var row in _usage.QueryAsync<TableEntity>(filter, select: [UsageEntity.Sum, nameof(UsageEntity.Unit)], cancellationToken: cancellationToken))
        {
            var key = UsageSum.Parse(row.GetString(UsageEntity.Sum));
            sum.Add(key);
            var unit = UsageEntity.Unit(row);
            units[unit] = units.GetValueOrDefault(unit) + key.Total.Units;
            if (unit != QuotaUnit.Requests)
            {
                var costs = others.TryGetValue(unit, out var known) ? known : others[unit] = new UsageSum();
                key.Cells.ToList().ForEach(cell => costs.Of(cell.Provider, cell.Model).Units += cell.Counts.Units);
            }
        }

        var added = new FleetDay(day, sum, units) { OtherCosts = others };
        return await TryWriteAsync(
            before, UsageEntity.Of(before is null ? added : added.After(UsageEntity.ToFleetDay(before))), source: null, cancellationToken);
    }

    /// <summary>Finds the keys that are nearest to the end of their quota.</summary>
    private async Task AddUpNearestAsync(CancellationToken cancellationToken)
    {
        var before = await FindAsync(UsageEntity.Fleet, UsageEntity.Nearest, cancellationToken);
        var nearest = new PriorityQueue<KeyToEnd, double>();
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {UsageEntity.Keys}");
        string[] properties = ["RowKey", nameof(UsageEntity.Unit), nameof(QuotaSnapshot.Limit), nameof(QuotaSnapshot.Used), nameof(QuotaSnapshot.Remaining)];
        await foreach (var row in _usage.QueryAsync<TableEntity>(filter, select: properties, cancellationToken: cancellationToken))
        {
            if (UsageEntity.ToStanding(row) is { Limit: > 0 and var limit, Remaining: { } remaining, Unit: var unit })
            {
                nearest.Enqueue(new KeyToEnd(row.RowKey, unit, limit, remaining), -(double)remaining / limit);
                if (nearest.Count > MaxNearest)
                {
                    nearest.Dequeue();
                }
            }
        }

        await TryWriteAsync(before, UsageEntity.Of([.. nearest.UnorderedItems.Select(item => item.Element)]), source: null, cancellationToken);
    }

    private Task<TableEntity?> FindAsync(string partition, string row, CancellationToken cancellationToken) =>
        _usage.FindAsync(partition, row, OnlySource, logger, cancellationToken);

    /// <summary>Writes a copy, unless it is there already. False where another instance has written it meanwhile.</summary>
    private async Task<bool> TryWriteAsync(TableEntity? before, TableEntity row, string? source, CancellationToken cancellationToken)
    {
        if (source is not null && before?.GetString(UsageEntity.Source) == source)
        {
            return true;
        }

        row[UsageEntity.Source] = source ?? "";
        return await _usage.TryWriteAsync(row, before?.ETag, cancellationToken);
    }

    [LoggerMessage(2601, LogLevel.Warning, "Copying usage was given up, as storage does not answer ({Failure}); trying again in half a minute.")]
    private static partial void LogUnavailable(ILogger logger, string failure);
}
