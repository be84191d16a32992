using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Jobs;

namespace QuotaFunctions.Core.Auditing;

/// <summary>
/// The log in Table Storage. All keys are counted backwards, so that one range query yields the newest first over all days:
/// <c>{keyId}:{99999999 - yyyyMMdd}:{inverted run of commits}</c> and <c>{inverted commit}-{inverted chunk of entries}</c>.
/// </summary>
/// <remarks>
/// A row holds the log of some entries of a commit, see <see cref="AuditEntity"/>: storage takes a row of many in little more time than a row of one.
/// Writing is a merge, so that nothing need be read first, and whatever comes twice, late or out of order ends in the same row.
/// </remarks>
internal sealed class AuditTable(TableServiceClient tables, StorageNames names, AuditIndex index, ILogger<AuditTable> logger) : IAuditStore
{
    private const int LastDay = 99_999_999;

    /// <summary>
    /// A key's whole day in one partition would be held to a partition's 2,000 rows a second, and Azurite searches the whole partition
    /// at each write.
    /// </summary>
    private const int CommitsPerPartition = 64;

    /// <summary>Events in a transaction, but for those of its last row: far below the service's 4 MiB, and done with in a few milliseconds.</summary>
    private const int MaxEvents = 256;

    /// <summary>Rows that storage gives at a time, by its limit.</summary>
    private const int MaxPage = 1000;

    /// <summary>Rows that are asked for first where few entries are wanted.</summary>
    private const int FirstPage = 16;

    /// <summary>How many times as many are asked for next.</summary>
    private const int PageGrowth = 4;

    /// <summary>Partitions that are written at once.</summary>
    private const int Degree = 16;

    private readonly TableClient _table = tables.GetTableClient(names.Audit);

    public async Task WriteAsync(IReadOnlyCollection<AuditEvent> events, CancellationToken cancellationToken)
    {
        // The index first: what is in the log is never told again, and so it must be in the index. A charge that is only in the index is passed over.
        await index.AddAsync(events, cancellationToken);
        await Concurrently.ForEachAsync(events.GroupBy(row => Partition(row.KeyId, row.Id)).ToList(), Degree, WriteAsync, cancellationToken);
    }

    public async Task<LoggedCharge?> FindAsync(string keyId, ChargeId id, AuditPhase upTo, CancellationToken cancellationToken)
    {
        return await _table.FindAsync(Partition(keyId, id), AuditEntity.NameOf(id), select: null, logger, cancellationToken) is { } row ? AuditEntity.Read(row, id, upTo) : null;
    }

    public async Task<IReadOnlyDictionary<(string KeyId, ChargeId Id), LoggedCharge>> FindAsync(
        IEnumerable<(string KeyId, ChargeId Id)> charges, CancellationToken cancellationToken)
    {
        var found = new ConcurrentDictionary<(string KeyId, ChargeId Id), LoggedCharge>();
        await Concurrently.ForEachAsync(charges.GroupBy(charge => Partition(charge.KeyId, charge.Id)).ToList(), Degree, FindInPartitionAsync, cancellationToken);
        return found;

        // Rows of one partition are at most 64 commits apart, and it belongs to one key.
        async Task FindInPartitionAsync(IGrouping<string, (string KeyId, ChargeId Id)> partition, CancellationToken token)
        {
            var keyId = partition.First().KeyId;
            var names = partition.Select(charge => AuditEntity.NameOf(charge.Id)).Distinct().Order(StringComparer.Ordinal).ToList();
            var filter = TableClient.CreateQueryFilter($"PartitionKey eq {partition.Key} and RowKey ge {names[0]} and RowKey le {names[^1]}");
            var rows = names.Count > 1
                ? _table.QueryAsync<TableEntity>(filter, cancellationToken: token)
                : await _table.FindAsync(partition.Key, names[0], select: null, logger, token) is { } only ? new[] { only }.ToAsyncEnumerable() : AsyncEnumerable.Empty<TableEntity>();
            await foreach (var logged in rows.SelectMany(ReadAll))
            {
                found[(keyId, logged.Id)] = logged;
            }
        }
    }

    public async IAsyncEnumerable<LoggedCharge> ReadAsync(
        string keyId, DateTimeOffset? from, DateTimeOffset? to, ChargeId? after, long? count,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var first = Day(keyId, to is null ? LastDay : LedgerRow.DayOf(to.Value));
        var last = Day(keyId, from is null ? 0 : LedgerRow.DayOf(from.Value));
        var filter = TableClient.CreateQueryFilter($"PartitionKey ge {first} and PartitionKey lt {EndOf(last)}");
        if (after is { } reached)
        {
            var partition = Partition(keyId, reached);
            filter += " and " + TableClient.CreateQueryFilter(
                $"(PartitionKey gt {partition} or (PartitionKey eq {partition} and RowKey ge {AuditEntity.NameOf(reached)}))");
        }

        // The row where the last page ended is read again for what else is in it.
        bool IsRead(ChargeId id) => after is { } last && id.Day == last.Day && id.Sequence == last.Sequence && id.Index >= last.Index;

        await foreach (var row in RowsAsync(filter, count, cancellationToken))
        {
            foreach (var logged in ReadAll(row).Where(logged => !IsRead(logged.Id)))
            {
                yield return logged;
            }
        }
    }

    public async Task<IReadOnlyDictionary<ChargeId, LoggedCharge>> ReadWrittenAsync(
        string keyId, int day, long firstSequence, long lastSequence, CancellationToken cancellationToken)
    {
        var newest = new ChargeId(day, lastSequence, AuditEntity.LastIndex);
        var oldest = new ChargeId(day, firstSequence, 0);
        var filter = TableClient.CreateQueryFilter($"PartitionKey ge {Partition(keyId, newest)} and PartitionKey le {Partition(keyId, oldest)}")
            + " and " + TableClient.CreateQueryFilter($"RowKey ge {AuditEntity.NameOf(newest)} and RowKey le {AuditEntity.NameOf(oldest)}");
        var written = new Dictionary<ChargeId, LoggedCharge>();
        await foreach (var row in _table.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken))
        {
            foreach (var logged in ReadAll(row))
            {
                written[logged.Id] = logged;
            }
        }

        return written;
    }

    /// <summary>
    /// The rows of a filter, which hold so many entries that are wanted; null for as many as there are. A row may hold one entry or many: a few
    /// rows are asked for first, then more and more.
    /// </summary>
    private async IAsyncEnumerable<TableEntity> RowsAsync(
        string filter, long? wanted, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var rows = _table.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken);
        var size = wanted is null ? MaxPage : FirstPage;
        string? next = null;
        do
        {
            await using var pages = rows.AsPages(next, size).GetAsyncEnumerator(cancellationToken);
            if (!await pages.MoveNextAsync())
            {
                yield break;
            }

            foreach (var row in pages.Current.Values)
            {
                yield return row;
            }

            next = pages.Current.ContinuationToken;
            size = Math.Min(size * PageGrowth, MaxPage);
        }
        while (next is not null);
    }

    private async Task WriteAsync(IGrouping<string, AuditEvent> partition, CancellationToken cancellationToken)
    {
        var transaction = new List<TableTransactionAction>();
        var count = 0;
        foreach (var row in partition.GroupBy(row => AuditEntity.NameOf(row.Id)))
        {
            if (transaction.Count == AccountTransaction.MaxRows || count >= MaxEvents)
            {
                await _table.SubmitTransactionAsync(transaction, cancellationToken);
                transaction.Clear();
                count = 0;
            }

            transaction.Add(new TableTransactionAction(TableTransactionActionType.UpsertMerge, AuditEntity.Of(partition.Key, row.Key, row)));
            count += row.Count();
        }

        await _table.SubmitTransactionAsync(transaction, cancellationToken);
    }

    /// <summary>Filter: the logs of the keys from one to another; of a pool itself where both are the pool.</summary>
    public static string Between(string firstKeyId, string lastKeyId) =>
        TableClient.CreateQueryFilter($"PartitionKey ge {firstKeyId + ":"} and PartitionKey lt {EndOf(lastKeyId)}");

    /// <summary>Filter: the logs of the keys in a pool.</summary>
    public static string OfKeysIn(string poolId)
    {
        // '`' is the character after '_'.
        var prefix = KeyLocator.PrefixOfKeysIn(poolId);
        return TableClient.CreateQueryFilter($"PartitionKey ge {prefix} and PartitionKey lt {prefix[..^1] + "`"}");
    }

    /// <summary>Filter: the log of a key, or of a pool itself, before a day (UTC, yyyyMMdd).</summary>
    public static string Before(string keyId, int day) =>
        TableClient.CreateQueryFilter($"PartitionKey ge {Day(keyId, day - 1)} and PartitionKey lt {EndOf(keyId)}");

    private static string Day(string keyId, int day) => string.Create(CultureInfo.InvariantCulture, $"{keyId}:{LastDay - day:D8}");

    // ';' is the character after ':'.
    private static string EndOf(string day) => day + ";";

    private static string Partition(string keyId, ChargeId id) => string.Create(
        CultureInfo.InvariantCulture, $"{keyId}:{LastDay - id.Day:D8}:{(long.MaxValue - id.Sequence) / CommitsPerPartition:D19}");

    /// <summary>The key, or the pool, whose log a row is of.</summary>
    public static string KeyOf(TableEntity row) => row.PartitionKey[..row.PartitionKey.IndexOf(':', StringComparison.Ordinal)];

    /// <summary>All that a row says, the newest first.</summary>
    public static IEnumerable<LoggedCharge> ReadAll(TableEntity row)
    {
        var day = row.PartitionKey.AsSpan(row.PartitionKey.IndexOf(':') + 1, 8);
        return AuditEntity.ReadAll(row, LastDay - int.Parse(day, CultureInfo.InvariantCulture));
    }
}
