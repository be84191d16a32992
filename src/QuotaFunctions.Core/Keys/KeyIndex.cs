using Azure.Data.Tables;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Keys;

/// <summary>
/// What lists of keys and pools go by: 256 rows that say of each key what is filtered by. An index, never an authority: the records are.
/// An act that changes what it says enters an intent before, and brings the index up to date after; where a process dies in between, the
/// next list finds the intent and does that. So nothing is scanned that grows with use, and no crash leaves a list wrong.
/// </summary>
internal sealed partial class KeyIndex(
    TableServiceClient tables, StorageNames names, IAccountStore store, TimeProvider clock, ILogger<KeyIndex> logger) : IDisposable
{
    /// <summary>How many calls to storage are under way at once for one list.</summary>
    public const int Parallelism = 16;

    /// <summary>After so long an act has ended one way or the other, whatever became of its process: its intent is deleted.</summary>
    private static readonly TimeSpan IntentLifetime = TimeSpan.FromDays(1);

    private static readonly TimeSpan KeptUnused = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan BackOff = TimeSpan.FromMilliseconds(5);

    private const int MaxAttempts = 40;

    private readonly TableClient _table = tables.GetTableClient(names.Keys);
    private readonly MemoryCache _buckets = new(new MemoryCacheOptions());

    /// <summary>Carries out an act that may change what the index says of a key or a pool.</summary>
    /// <param name="id">The key's or the pool's id.</param>
    /// <param name="act">The act.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<T> ActAsync<T>(string id, Func<Task<T>> act, CancellationToken cancellationToken)
    {
        // One for each act: two that go on at once do not end each other's
        var intent = new TableEntity(KeyIndexEntity.Intents, $"{id}:{Guid.NewGuid():N}");
        await _table.UpsertEntityAsync(intent, TableUpdateMode.Replace, cancellationToken);
        T result;
        try
        {
            result = await act();
        }
        catch (Exception failure) when (failure is not OperationCanceledException && !StorageErrors.IsTransient(failure))
        {
            // It was refused, so nothing is under way any more
            await FinishAsync(id, intent, cancellationToken);
            throw;
        }

        await FinishAsync(id, intent, cancellationToken);
        return result;
    }

    /// <summary>Everything that the index says, once the acts that were not finished are taken into account.</summary>
    public async Task<IReadOnlyList<IndexedKey>> ReadAsync(CancellationToken cancellationToken)
    {
        var (versions, intents) = await ReadVersionsAsync(cancellationToken);
        if (intents.Count > 0)
        {
            await ForEachAsync(intents, ResolveAsync, cancellationToken);
            (versions, _) = await ReadVersionsAsync(cancellationToken);
        }

        var buckets = new IReadOnlyList<IndexedKey>[versions.Count];
        await ForEachAsync(
            Enumerable.Range(0, versions.Count),
            async (index, stop) => buckets[index] = await ReadBucketAsync(versions[index].Bucket, versions[index].Version, stop),
            cancellationToken);
        return [.. buckets.SelectMany(keys => keys)];
    }

    /// <summary>Does something for each, with a bound on how much is under way at once.</summary>
    public static Task ForEachAsync<T>(IEnumerable<T> items, Func<T, CancellationToken, Task> body, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(
            items,
            new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken, TaskScheduler = TaskScheduler.Current },
            async (item, stop) => await body(item, stop));

    /// <inheritdoc/>
    public void Dispose() => _buckets.Dispose();

    private async Task FinishAsync(string id, TableEntity intent, CancellationToken cancellationToken)
    {
        try
        {
            await UpdateAsync(id, cancellationToken);
            await _table.DeleteEntityAsync(intent.PartitionKey, intent.RowKey, cancellationToken: cancellationToken);
        }
#pragma warning disable CA1031 // The act is done even if the index is not updated: the intent is still there for the next list.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            NotFinished(logger, id, StorageErrors.Kind(failure));
        }
    }

    private async Task ResolveAsync(TableEntity intent, CancellationToken cancellationToken)
    {
        await UpdateAsync(intent.RowKey[..intent.RowKey.IndexOf(':', StringComparison.Ordinal)], cancellationToken);

        // A younger one may belong to an act that is going on: who carries it out deletes it
        if (intent.Timestamp + IntentLifetime < clock.GetUtcNow())
        {
            await _table.DeleteEntityAsync(intent.PartitionKey, intent.RowKey, cancellationToken: cancellationToken);
        }
    }

    /// <summary>
    /// Has the index say of a key what its record says. The index is read before the record, and written on condition that nobody wrote
    /// it meanwhile: so what it says never goes back to an older record.
    /// </summary>
    private async Task UpdateAsync(string id, CancellationToken cancellationToken)
    {
        var bucket = KeyIndexEntity.BucketOf(id);
        for (var attempt = 1; ; attempt++)
        {
            var row = await _table.FindAsync(bucket, bucket, select: null, logger, cancellationToken);
            var keys = row is null ? [] : KeyIndexEntity.ToKeys(row);
            var record = await ReadRecordAsync(id, cancellationToken);
            if (keys.FirstOrDefault(key => key.Id == id) == record)
            {
                return;
            }

            var others = keys.Where(key => key.Id != id);
            if (await _table.TryWriteAsync(KeyIndexEntity.Of(bucket, [.. record is null ? others : others.Append(record)]), row?.ETag, cancellationToken))
            {
                return;
            }

            if (attempt == MaxAttempts)
            {
                throw new TimeoutException($"Bucket {bucket} of the index of keys is too contended.");
            }

            await Task.Delay(BackOff * Math.Min(attempt, 10), clock, cancellationToken);
        }
    }

    private async Task<IndexedKey?> ReadRecordAsync(string id, CancellationToken cancellationToken)
    {
        if (KeyLocator.IsPoolId(id))
        {
            return (await store.LoadAsync(id, cancellationToken))?.Pool is { } pool ? IndexedKey.Of(pool) : null;
        }

        return KeyLocator.TryParse(id, out var locator) && await store.LoadKeyAsync(locator, cancellationToken) is { } key
            ? IndexedKey.Of(key)
            : null;
    }

    /// <summary>The table has a row for each bucket and one for each act that is not finished: it does not grow with use.</summary>
    private async Task<(List<(string Bucket, Guid? Version)> Versions, List<TableEntity> Intents)> ReadVersionsAsync(CancellationToken cancellationToken)
    {
        var versions = new List<(string, Guid?)>();
        var intents = new List<TableEntity>();
        await foreach (var row in _table.QueryAsync<TableEntity>(
            select: ["PartitionKey", "RowKey", "Timestamp", KeyIndexEntity.Version], cancellationToken: cancellationToken))
        {
            if (row.PartitionKey == KeyIndexEntity.Intents)
            {
                intents.Add(row);
            }
            else
            {
                versions.Add((row.PartitionKey, row.GetGuid(KeyIndexEntity.Version)));
            }
        }

        return (versions, intents);
    }

    private async ValueTask<IReadOnlyList<IndexedKey>> ReadBucketAsync(string bucket, Guid? version, CancellationToken cancellationToken)
    {
        if (_buckets.TryGetValue(bucket, out (Guid? Version, IReadOnlyList<IndexedKey> Keys) kept) && kept.Version == version)
        {
            return kept.Keys;
        }

        if (await _table.FindAsync(bucket, bucket, select: null, logger, cancellationToken) is not { } row)
        {
            return [];
        }

        var keys = KeyIndexEntity.ToKeys(row);
        _buckets.Set(bucket, (row.GetGuid(KeyIndexEntity.Version), keys), new MemoryCacheEntryOptions { SlidingExpiration = KeptUnused });
        return keys;
    }

    [LoggerMessage(1310, LogLevel.Warning, "The index of keys could not be brought up to date for {Id} ({Failure}); the next list does so.")]
    private static partial void NotFinished(ILogger logger, string id, string failure);
}
