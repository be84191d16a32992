using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using Microsoft.Extensions.Logging;

namespace QuotaFunctions.Core.Hosting;

/// <summary>What the tables' client leaves to its callers.</summary>
internal static partial class TableClientExtensions
{
    /// <summary>The partition of the table <c>state</c> that says when jobs ran.</summary>
    public const string JobPartition = "job";

    /// <summary>The property that says when a job is to run next.</summary>
    public const string JobDueAt = "DueAt";

    /// <summary>Reads a row, with the answer that it came in; the answer has no value where the row is not there.</summary>
    /// <param name="table">Where.</param>
    /// <param name="partition">Its partition.</param>
    /// <param name="row">Its name.</param>
    /// <param name="select">The properties to read; null for all.</param>
    /// <param name="logger">Is told where the table is missing.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="RequestFailedException">
    /// Also where the table itself is missing, for which the client says that the row is not there: without the table nobody knows that,
    /// and a client must not be told that its key is wrong.
    /// </exception>
    public static async Task<NullableResponse<TableEntity>> ReadAsync(
        this TableClient table, string partition, string row, IEnumerable<string>? select, ILogger logger, CancellationToken cancellationToken)
    {
        var answer = await table.GetEntityIfExistsAsync<TableEntity>(partition, row, select, cancellationToken);
        if (!answer.HasValue && IsTableMissing(answer.GetRawResponse()))
        {
            TableMissing(logger, table.Name);
            throw new RequestFailedException(404, "The table is missing.", TableErrorCode.TableNotFound.ToString(), null);
        }

        return answer;
    }

    /// <summary>Reads a row; null where it is not there.</summary>
    /// <inheritdoc cref="ReadAsync"/>
    public static async Task<TableEntity?> FindAsync(
        this TableClient table, string partition, string row, IEnumerable<string>? select, ILogger logger, CancellationToken cancellationToken)
    {
        var answer = await table.ReadAsync(partition, row, select, logger, cancellationToken);
        return answer.HasValue ? answer.Value : null;
    }

    /// <summary>Writes a row on condition that it is as it was read. False where somebody has written it meanwhile.</summary>
    /// <param name="table">Where.</param>
    /// <param name="row">All of the row.</param>
    /// <param name="version">The version that was read; null where there was none.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public static async Task<bool> TryWriteAsync(this TableClient table, TableEntity row, ETag? version, CancellationToken cancellationToken)
    {
        try
        {
            await (version is { } read
                ? table.UpdateEntityAsync(row, read, TableUpdateMode.Replace, cancellationToken)
                : table.AddEntityAsync(row, cancellationToken));
            return true;
        }
        catch (RequestFailedException refused) when (refused.Status is 409 or 412)
        {
            return false;
        }
    }

    /// <summary>Notes that a job runs, in a row of its own. Returns the service's time, which is the one that jobs go by.</summary>
    /// <param name="state">The table of such notes.</param>
    /// <param name="job">The job.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <param name="dueAt">When it is to run next, where that is known: an alert tells of a job that is overdue.</param>
    public static async Task<DateTimeOffset> NoteRunAsync(this TableClient state, string job, CancellationToken cancellationToken, DateTimeOffset? dueAt = null)
    {
        var row = new TableEntity(JobPartition, job);
        if (dueAt is { } due)
        {
            row[JobDueAt] = due;
        }

        var written = await state.UpsertEntityAsync(row, TableUpdateMode.Replace, cancellationToken);
        return written.Headers.Date ?? throw new FormatException("Storage does not say what time it is.");
    }

    private static bool IsTableMissing(Response answer) =>
        answer.Status == 404 && answer.Content.ToString().Contains($"\"{TableErrorCode.TableNotFound}\"", StringComparison.Ordinal);

    [LoggerMessage(1302, LogLevel.Error, "The table {Table} is missing: nothing is admitted that needs it. A start of the service makes it, empty.")]
    private static partial void TableMissing(ILogger logger, string table);
}
