using System.Globalization;
using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Quotas;

namespace QuotaFunctions.Core.Auditing;

/// <summary>The log's rows.</summary>
internal interface IAuditTable
{
    /// <summary>Writes events: the last word on a charge over whatever is there, any other only where nothing is. May be repeated.</summary>
    Task WriteAsync(IReadOnlyCollection<AuditEvent> events, CancellationToken cancellationToken);

    /// <summary>Reads one row; null where there is none.</summary>
    Task<StoredAuditRow?> FindAsync(string keyId, ChargeId id, CancellationToken cancellationToken);

    /// <summary>Reads the rows of a key, the newest first, from a moment (inclusive) to another (exclusive).</summary>
    /// <param name="keyId">Whose.</param>
    /// <param name="from">The earliest day that is wanted, or null.</param>
    /// <param name="to">The latest moment that is wanted, or null.</param>
    /// <param name="after">The row to go on after, or null.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    IAsyncEnumerable<StoredAuditRow> ReadAsync(
        string keyId, DateTimeOffset? from, DateTimeOffset? to, ChargeId? after, CancellationToken cancellationToken);

    /// <summary>Reads which rows of a key's day there are for a run of commits, and whether each is the last word.</summary>
    Task<IReadOnlyDictionary<ChargeId, bool>> ReadWrittenAsync(
        string keyId, int day, long firstSequence, long lastSequence, CancellationToken cancellationToken);
}

/// <summary>A row of the log as it is stored.</summary>
internal sealed record StoredAuditRow
{
    public required ChargeId ChargeId { get; init; }

    public required DateTimeOffset At { get; init; }

    public required string Outcome { get; init; }

    /// <summary>True for the last word on a charge.</summary>
    public bool IsFinal { get; init; }

    public long Cost { get; init; }

    public int Status { get; init; }

    public int LatencyMs { get; init; }

    public string? Provider { get; init; }

    public string? Model { get; init; }

    public string? Address { get; init; }

    public string? RequestId { get; init; }

    public string? Reference { get; init; }

    public string? Actor { get; init; }

    public AuditRow ToRow() => new()
    {
        Id = ChargeId.ToString(),
        At = At,
        Outcome = Outcome,
        Cost = Cost,
        Status = Status == 0 ? null : Status,
        LatencyMs = LatencyMs == 0 ? null : LatencyMs,
        Provider = Provider,
        Model = Model,
        Address = Address,
        RequestId = RequestId,
        Reference = Reference,
        Actor = Actor,
    };
}

/// <summary>
/// The log in Table Storage. All keys are counted backwards, so that one range query yields the newest rows first over all days:
/// <c>{keyId}:{99999999 - yyyyMMdd}:{inverted run of commits}</c> and <c>{inverted commit}-{inverted number}</c>.
/// </summary>
/// <remarks>
/// A partition is a short run of a key's commits: a busy key's whole day in one would be held to a partition's 2,000 rows a second,
/// and Azurite searches the whole partition at each insert.
/// </remarks>
internal sealed class TableAuditTable(TableServiceClient tables, StorageNames names, CommitPace pace, TimeProvider clock) : IAuditTable
{
    private const int LastDay = 99_999_999;
    private const int LastIndex = 9_999;
    private const int CommitsPerPartition = 16;
    private const int MaxTransaction = 100;
    private const string IsFinal = "IsFinal";

    /// <summary>The longest pause between two transactions: what a crash left must be in the log in time whatever the load.</summary>
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(1);

    private readonly TableClient _table = tables.GetTableClient(names.Audit);

    public async Task WriteAsync(IReadOnlyCollection<AuditEvent> events, CancellationToken cancellationToken)
    {
        foreach (var partition in events.GroupBy(row => (row.KeyId, row.Id.Day, Run(row.Id.Sequence))))
        {
            // A transaction may name a row only once: the last word goes over what came before it.
            var rows = partition.GroupBy(row => row.Id).Select(same => same.OrderBy(row => row.IsFinal).Aggregate((earlier, later) => later.Over(earlier)));
            foreach (var chunk in rows.Chunk(MaxTransaction))
            {
                var begun = clock.GetTimestamp();
                await WriteChunkAsync(chunk, cancellationToken);

                // Charges wait for the same storage, and nobody waits for the log: the longer they take, the longer storage is theirs.
                // Squared, as the instances that share a storage all do this: where ten make it ten times slower, their logs take a
                // tenth of it together.
                var pressure = pace.Pressure;
                var pause = clock.GetElapsedTime(begun) * pressure * pressure;
                await Task.Delay(pause < MaxPause ? pause : MaxPause, clock, cancellationToken);
            }
        }
    }

    public async Task<StoredAuditRow?> FindAsync(string keyId, ChargeId id, CancellationToken cancellationToken)
    {
        var row = await _table.GetEntityIfExistsAsync<TableEntity>(Partition(keyId, id), Row(id), cancellationToken: cancellationToken);
        return row.HasValue ? ToRow(row.Value!) : null;
    }

    public async IAsyncEnumerable<StoredAuditRow> ReadAsync(
        string keyId, DateTimeOffset? from, DateTimeOffset? to, ChargeId? after,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var first = Day(keyId, to is null ? LastDay : LedgerRow.DayOf(to.Value));
        var last = Day(keyId, from is null ? 0 : LedgerRow.DayOf(from.Value));
        var filter = TableClient.CreateQueryFilter($"PartitionKey ge {first} and PartitionKey lt {EndOf(last)}");
        if (after is { } row)
        {
            var partition = Partition(keyId, row);
            filter += " and " + TableClient.CreateQueryFilter($"(PartitionKey gt {partition} or (PartitionKey eq {partition} and RowKey gt {Row(row)}))");
        }

        await foreach (var entity in _table.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken))
        {
            var stored = ToRow(entity);
            if (!(stored.At >= to))
            {
                if (stored.At < from)
                {
                    yield break;
                }

                yield return stored;
            }
        }
    }

    public async Task<IReadOnlyDictionary<ChargeId, bool>> ReadWrittenAsync(
        string keyId, int day, long firstSequence, long lastSequence, CancellationToken cancellationToken)
    {
        var newest = new ChargeId(day, lastSequence, LastIndex);
        var oldest = new ChargeId(day, firstSequence, 0);
        var filter = TableClient.CreateQueryFilter($"PartitionKey ge {Partition(keyId, newest)} and PartitionKey le {Partition(keyId, oldest)}")
            + " and " + TableClient.CreateQueryFilter($"RowKey ge {Row(newest)} and RowKey le {Row(oldest)}");
        var written = new Dictionary<ChargeId, bool>();
        await foreach (var row in _table.QueryAsync<TableEntity>(
            filter, select: ["PartitionKey", "RowKey", IsFinal], cancellationToken: cancellationToken))
        {
            written[IdOf(row)] = row.GetBoolean(IsFinal) ?? false;
        }

        return written;
    }

    private static string Day(string keyId, int day) => string.Create(CultureInfo.InvariantCulture, $"{keyId}:{LastDay - day:D8}");

    // ';' is the character after ':'.
    private static string EndOf(string day) => day + ";";

    private static long Run(long sequence) => (long.MaxValue - sequence) / CommitsPerPartition;

    private static string Partition(string keyId, ChargeId id) =>
        string.Create(CultureInfo.InvariantCulture, $"{keyId}:{LastDay - id.Day:D8}:{Run(id.Sequence):D19}");

    private static string Row(ChargeId id) =>
        string.Create(CultureInfo.InvariantCulture, $"{long.MaxValue - id.Sequence:D19}-{LastIndex - id.Index:D4}");

    private static ChargeId IdOf(TableEntity row) => new(
        LastDay - int.Parse(row.PartitionKey.AsSpan(row.PartitionKey.IndexOf(':') + 1, 8), CultureInfo.InvariantCulture),
        long.MaxValue - long.Parse(row.RowKey.AsSpan(0, 19), CultureInfo.InvariantCulture),
        LastIndex - int.Parse(row.RowKey.AsSpan(20), CultureInfo.InvariantCulture));

    private static TableEntity ToEntity(AuditEvent row)
    {
        var entity = new TableEntity(Partition(row.KeyId, row.Id), Row(row.Id))
        {
            ["Outcome"] = row.Outcome,
            ["Cost"] = row.Cost,
            [IsFinal] = row.IsFinal,
        };

        // What an event does not know, it does not overwrite either.
        Set("At", row.At == default ? null : row.At);
        Set("Status", row.Status == 0 ? null : row.Status);
        Set("LatencyMs", row.LatencyMs == 0 ? null : row.LatencyMs);
        Set(nameof(row.Provider), row.Provider);
        Set(nameof(row.Model), row.Model);
        Set(nameof(row.Address), row.Address);
        Set(nameof(row.RequestId), row.RequestId);
        Set(nameof(row.Reference), row.Reference);
        Set(nameof(row.Actor), row.Actor);
        return entity;

        void Set(string name, object? value)
        {
            if (value is not null)
            {
                entity[name] = value;
            }
        }
    }

    private static StoredAuditRow ToRow(TableEntity row) => new()
    {
        ChargeId = IdOf(row),
        At = row.GetDateTimeOffset("At") ?? default,
        Outcome = row.GetString("Outcome"),
        IsFinal = row.GetBoolean(IsFinal) ?? false,
        Cost = row.GetInt64("Cost") ?? 0,
        Status = row.GetInt32("Status") ?? 0,
        LatencyMs = row.GetInt32("LatencyMs") ?? 0,
        Provider = row.GetString("Provider"),
        Model = row.GetString("Model"),
        Address = row.GetString("Address"),
        RequestId = row.GetString("RequestId"),
        Reference = row.GetString("Reference"),
        Actor = row.GetString("Actor"),
    };

    private static TableTransactionAction Action(AuditEvent row) =>
        new(row.IsFinal ? TableTransactionActionType.UpsertMerge : TableTransactionActionType.Add, ToEntity(row));

    private async Task WriteChunkAsync(AuditEvent[] rows, CancellationToken cancellationToken)
    {
        try
        {
            await _table.SubmitTransactionAsync(rows.Select(Action), cancellationToken);
        }
        catch (RequestFailedException exists) when (exists.ErrorCode == TableErrorCode.EntityAlreadyExists)
        {
            // Delivered before, or another's word on the same charge: row by row, and what is there stays.
            foreach (var row in rows)
            {
                await WriteRowAsync(row, cancellationToken);
            }
        }
    }

    private async Task WriteRowAsync(AuditEvent row, CancellationToken cancellationToken)
    {
        if (row.IsFinal)
        {
            await _table.UpsertEntityAsync(ToEntity(row), TableUpdateMode.Merge, cancellationToken);
            return;
        }

        try
        {
            await _table.AddEntityAsync(ToEntity(row), cancellationToken);
        }
        catch (RequestFailedException exists) when (exists.ErrorCode == TableErrorCode.EntityAlreadyExists)
        {
        }
    }
}
