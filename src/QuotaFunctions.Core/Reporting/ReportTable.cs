using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Azure.Data.Tables;
using Azure.Storage.Queues;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Reporting;

/// <inheritdoc cref="IReportStore"/>
/// <remarks>
/// A row for each report, in partitions by month, and beside it the report itself, packed, in a partition of its own. Who makes a report writes
/// its parts under a name that nobody else uses, then says in the row where they are, on condition that nobody else has: two that make the same
/// report at once do not mix.
/// </remarks>
internal sealed class ReportTable(
    TableServiceClient tables, QueueServiceClient queues, StorageNames names, TimeProvider clock, ILogger<ReportTable> logger) : IReportStore
{
    /// <summary>The most rows that one list looks at.</summary>
    public const int MaxRowsRead = 2000;

    private const int MaxAttempts = 10;
    private const int MaxPageSize = 1000;

    /// <summary>Clocks differ: the newest report may be of another instance's clock, and so of the next month already.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromHours(1);

    private readonly TableClient _table = tables.GetTableClient(names.Reports);
    private readonly QueueClient _queue = queues.GetQueueClient(StorageNames.ReportRequestsQueue);

    /// <inheritdoc/>
    public Task RequestAsync(string id, ReportRequest request, CancellationToken cancellationToken) => RequestAsync(id, request, delivery: null, cancellationToken);

    /// <inheritdoc/>
    public async Task RequestAsync(string id, ReportRequest request, ReportDelivery? delivery, CancellationToken cancellationToken)
    {
        // The message first, as it has everything: should the process die in between, the report is made all the same
        var message = JsonSerializer.Serialize(new ReportMessage(id, request, delivery), ReportJson.Default.ReportMessage);
        await _queue.SendMessageAsync(BinaryData.FromString(message), cancellationToken: cancellationToken);

        // False where it was asked for before, or is made already
        await _table.TryWriteAsync(ReportRow.Of(new StoredReport(id, ReportStatus.Queued, request, NewestFirstId.At(id), null, null)), version: null, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<StoredReport?> FindAsync(string id, CancellationToken cancellationToken) =>
        await FindRowAsync(id, cancellationToken) is { } row ? ReportRow.ToReport(row) : null;

    /// <inheritdoc/>
    public async Task<QuotaReport?> ReadAsync(string id, CancellationToken cancellationToken)
    {
        if (await FindRowAsync(id, cancellationToken) is not { } row || row.GetString(ReportRow.Content) is not { } content)
        {
            return null;
        }

        using var packed = new MemoryStream();
        for (var part = 0; part < row.GetInt32(ReportRow.Parts); part++)
        {
            var bytes = await _table.FindAsync(ReportRow.PartitionOfParts(id), ReportRow.PartOf(content, part), select: null, logger, cancellationToken)
                ?? throw new InvalidDataException($"Part {part} of report {id} is missing.");
            ReportRow.AddTo(packed, bytes);
        }

        packed.Position = 0;
        await using var plain = new GZipStream(packed, CompressionMode.Decompress);
        return await JsonSerializer.DeserializeAsync(plain, ReportJson.Default.QuotaReport, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<bool> SaveAsync(string id, ReportRequest request, QuotaReport report, CancellationToken cancellationToken)
    {
        using var packed = new MemoryStream();
        await using (var plain = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            await JsonSerializer.SerializeAsync(plain, report, ReportJson.Default.QuotaReport, cancellationToken);
        }

        var content = $"{id}:{Guid.NewGuid():N}";
        var parts = ReportRow.Split(id, content, packed.GetBuffer().AsMemory(0, (int)packed.Length)).ToList();
        foreach (var part in parts)
        {
            await _table.UpsertEntityAsync(part, TableUpdateMode.Replace, cancellationToken);
        }

        var isSaved = await EndAsync(id, request, ReportStatus.Ready, reason: null, row =>
        {
            row[ReportRow.Content] = content;
            row[ReportRow.Parts] = parts.Count;
        }, cancellationToken);
        if (!isSaved)
        {
            foreach (var part in parts)
            {
                await _table.DeleteEntityAsync(part.PartitionKey, part.RowKey, cancellationToken: cancellationToken);
            }
        }

        return isSaved;
    }

    /// <inheritdoc/>
    public Task FailAsync(string id, ReportRequest request, string reason, CancellationToken cancellationToken) =>
        EndAsync(id, request, ReportStatus.Failed, reason, static _ => { }, cancellationToken);

    /// <inheritdoc/>
    public async Task<ReportPage> ListAsync(ReportQuery query, CancellationToken cancellationToken)
    {
        var reports = new List<StoredReport>();
        var read = 0;
        string? last = null;
        await foreach (var row in RowsAsync(query, cancellationToken))
        {
            if (reports.Count == query.Limit || read == MaxRowsRead)
            {
                return new ReportPage(reports, last);
            }

            read++;
            last = row.RowKey;
            var report = ReportRow.ToReport(row);
            if ((query.Tenant is null || report.Request.Tenant == query.Tenant) && (query.Status is null || report.Status == query.Status))
            {
                reports.Add(report);
            }
        }

        return new ReportPage(reports, Next: null);
    }

    /// <summary>What is left of the month in which the reading begins, then the months before: each a range that storage goes straight to.</summary>
    private async IAsyncEnumerable<TableEntity> RowsAsync(ReportQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var start = clock.GetUtcNow() + ClockSkew;
        var after = NewestFirstId.Before(start);
        if (query.Cursor is { } cursor && string.CompareOrdinal(cursor, after) > 0)
        {
            (start, after) = (NewestFirstId.At(cursor), cursor);
        }

        var month = ReportRow.PartitionOf(start);
        var pageSize = query is { Tenant: null, Status: null } ? Math.Min(query.Limit + 1, MaxPageSize) : MaxPageSize;
        foreach (var filter in new[]
        {
            TableClient.CreateQueryFilter($"PartitionKey eq {month} and RowKey gt {after}"),
            TableClient.CreateQueryFilter($"PartitionKey gt {month} and PartitionKey le {ReportRow.PartitionOf(DateTimeOffset.MinValue)}"),
        })
        {
            await foreach (var row in _table.QueryAsync<TableEntity>(filter, pageSize, cancellationToken: cancellationToken))
            {
                yield return row;
            }
        }
    }

    /// <summary>Notes what became of a report, unless it is ready. False where it is.</summary>
    private async Task<bool> EndAsync(
        string id, ReportRequest request, ReportStatus status, string? reason, Action<TableEntity> add, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var before = await FindRowAsync(id, cancellationToken);
            if (before is not null && ReportRow.ToReport(before).Status == ReportStatus.Ready)
            {
                return false;
            }

            var row = ReportRow.Of(new StoredReport(id, status, request, NewestFirstId.At(id), clock.GetUtcNow(), reason));
            add(row);
            if (await _table.TryWriteAsync(row, before?.ETag, cancellationToken))
            {
                return true;
            }

            if (attempt == MaxAttempts)
            {
                throw new TimeoutException($"Report {id} is too contended.");
            }
        }
    }

    private Task<TableEntity?> FindRowAsync(string id, CancellationToken cancellationToken) =>
        _table.FindAsync(ReportRow.PartitionOf(NewestFirstId.At(id)), id, select: null, logger, cancellationToken);
}
