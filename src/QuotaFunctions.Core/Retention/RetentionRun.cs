using Azure;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Retention;

/// <summary>The last run: one that goes on, or has ended. Between two steps all that is known of it is here.</summary>
internal sealed record RetentionRun
{
    /// <summary>A run that never was: the first one follows it.</summary>
    public static readonly RetentionRun None = new() { Id = "" };

    /// <summary>Tells it from others.</summary>
    public required string Id { get; init; }

    /// <summary>When it began, by the service's clock; what is old is told by this.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>The stage that is under way; null once it has ended.</summary>
    public string? Stage { get; init; }

    /// <summary>Where the stage goes on; null for its beginning.</summary>
    public string? Cursor { get; init; }

    /// <summary>Rows that it has deleted.</summary>
    public long Deleted { get; init; }

    /// <summary>Things that failed, and are left for the next run.</summary>
    public int Failures { get; init; }

    /// <summary>When the last run ended that did; null where none has.</summary>
    public DateTimeOffset? LastEndedAt { get; init; }

    /// <summary>Rows that it had deleted.</summary>
    public long LastDeleted { get; init; }

    /// <summary>Things that had failed in it.</summary>
    public int LastFailures { get; init; }

    /// <summary>Rows that all runs have deleted that ended.</summary>
    public long TotalDeleted { get; init; }

    /// <summary>When the row was written, by the service's clock.</summary>
    public DateTimeOffset WrittenAt { get; init; }

    /// <summary>The row's version; null where there is none.</summary>
    public ETag? Version { get; init; }

    /// <summary>True for one that has not ended.</summary>
    public bool IsRunning => Stage is not null;

    /// <summary>The run that follows this one.</summary>
    public RetentionRun Next(DateTimeOffset now, string firstStage) => this with
    {
        Id = Guid.NewGuid().ToString("N"),
        StartedAt = now,
        Stage = firstStage,
        Cursor = null,
        Deleted = 0,
        Failures = 0,
    };

    /// <summary>This run after its last stage.</summary>
    public RetentionRun End(DateTimeOffset now) => this with
    {
        Stage = null,
        Cursor = null,
        LastEndedAt = now,
        LastDeleted = Deleted,
        LastFailures = Failures,
        TotalDeleted = TotalDeleted + Deleted,
    };
}

/// <summary>Where the last run stands: a row of the table <c>state</c>.</summary>
internal sealed class RetentionRunTable(TableServiceClient tables, StorageNames names, ILogger<RetentionRunTable> logger)
{
    private const string Partition = "retention";
    private const string Row = "run";
    private const string WriteId = "WriteId";

    private readonly TableClient _state = tables.GetTableClient(names.State);

    /// <summary>Reads it, and what time it is by the service's clock.</summary>
    public async Task<(RetentionRun Run, DateTimeOffset Now)> ReadAsync(CancellationToken cancellationToken)
    {
        var found = await _state.ReadAsync(Partition, Row, select: null, logger, cancellationToken);
        var now = found.GetRawResponse().Headers.Date ?? throw new FormatException("Storage does not say what time it is.");
        return (found.HasValue ? Of(found.Value!) : RetentionRun.None, now);
    }

    /// <summary>Writes it, on condition that nobody has since it was read. False where somebody has.</summary>
    public async Task<bool> TryWriteAsync(RetentionRun run, CancellationToken cancellationToken)
    {
        var write = Guid.NewGuid();
        var row = new TableEntity(Partition, Row)
        {
            [nameof(run.Id)] = run.Id,
            [nameof(run.StartedAt)] = run.StartedAt,
            [nameof(run.Stage)] = run.Stage,
            [nameof(run.Cursor)] = run.Cursor,
            [nameof(run.Deleted)] = run.Deleted,
            [nameof(run.Failures)] = run.Failures,
            [nameof(run.LastEndedAt)] = run.LastEndedAt,
            [nameof(run.LastDeleted)] = run.LastDeleted,
            [nameof(run.LastFailures)] = run.LastFailures,
            [nameof(run.TotalDeleted)] = run.TotalDeleted,
            [WriteId] = write,
        };

        // A write whose answer was lost is tried again, and refused as it was carried out: then nobody else asks for the next step
        return await _state.TryWriteAsync(row, run.Version, cancellationToken)
            || (await _state.FindAsync(Partition, Row, [WriteId], logger, cancellationToken))?.GetGuid(WriteId) == write;
    }

    private static RetentionRun Of(TableEntity row) => new()
    {
        Id = row.GetString(nameof(RetentionRun.Id)),
        StartedAt = row.GetDateTimeOffset(nameof(RetentionRun.StartedAt)) ?? default,
        Stage = row.GetString(nameof(RetentionRun.Stage)),
        Cursor = row.GetString(nameof(RetentionRun.Cursor)),
        Deleted = row.GetInt64(nameof(RetentionRun.Deleted)) ?? 0,
        Failures = row.GetInt32(nameof(RetentionRun.Failures)) ?? 0,
        LastEndedAt = row.GetDateTimeOffset(nameof(RetentionRun.LastEndedAt)),
        LastDeleted = row.GetInt64(nameof(RetentionRun.LastDeleted)) ?? 0,
        LastFailures = row.GetInt32(nameof(RetentionRun.LastFailures)) ?? 0,
        TotalDeleted = row.GetInt64(nameof(RetentionRun.TotalDeleted)) ?? 0,
        WrittenAt = row.Timestamp ?? default,
        Version = row.ETag,
    };
}
