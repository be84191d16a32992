using Azure;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Accounts.Storage;

/// <summary>What retention has taken out of a key's books.</summary>
/// <param name="Units">What the days came to, in units, whose counts were deleted.</param>
/// <param name="LogBefore">The day (UTC, yyyyMMdd) before which rows of the log do not count any more, deleted or not; 0 where all of them do.</param>
/// <param name="Version">The row's version; null where there is none.</param>
internal sealed record ArchivedSum(long Units, int LogBefore, ETag? Version);

/// <summary>
/// The rows <c>archived:{key}</c>: what of a key's books is not there any more. They change before the log is deleted, and in the very
/// transaction that deletes counts, so that the books balance at every moment, wherever the deleting stops.
/// </summary>
/// <remarks>
/// A day of the log that is deleted goes on in the count of that day, which the compaction wrote; once that count is deleted, too, in the sum here.
/// </remarks>
internal sealed class KeyArchive(TableServiceClient tables, StorageNames names, ILogger<KeyArchive> logger)
{
    private const string UnitsProperty = "Units";
    private const string LogBeforeProperty = "LogBefore";

    /// <summary>Days that are deleted in one transaction: their rows are large, and all of them are read.</summary>
    private const int MaxDays = 50;

    private const int MaxAttempts = 10;

    private readonly TableClient _table = tables.GetTableClient(names.Accounts);

    /// <summary>What was taken out of the books of a key, or of a pool itself.</summary>
    public async Task<ArchivedSum> ReadAsync(string accountId, string keyId, CancellationToken cancellationToken) =>
        await _table.FindAsync(accountId, AccountRowKeys.Archived(keyId), select: null, logger, cancellationToken) is { } row
            ? new ArchivedSum(row.GetInt64(UnitsProperty) ?? 0, row.GetInt32(LogBeforeProperty) ?? 0, row.ETag)
            : new ArchivedSum(0, 0, null);

    /// <summary>Has the log of a key not count any more before a day (UTC, yyyyMMdd). After this it may be deleted up to there.</summary>
    /// <exception cref="StorageUnavailableException">Others were always faster.</exception>
    public async Task ExcludeLogAsync(string accountId, string keyId, int before, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var archived = await ReadAsync(accountId, keyId, cancellationToken);
            if (archived.LogBefore >= before
                || await _table.TryWriteAsync(ToEntity(accountId, keyId, archived with { LogBefore = before }), archived.Version, cancellationToken))
            {
                return;
            }
        }

        throw new StorageUnavailableException("The archived sum is too contended.");
    }

    /// <summary>
    /// Deletes the counts of the days of a key before a day (UTC, yyyyMMdd), and adds what they came to to the archived sum, in one transaction: so none
    /// counts twice, or not at all. Of days whose log still counts the counts stay.
    /// </summary>
    /// <returns>How many were deleted.</returns>
    /// <exception cref="StorageUnavailableException">Others were always faster.</exception>
    public async Task<int> FoldDaysAsync(string accountId, string keyId, int before, CancellationToken cancellationToken)
    {
        var deleted = 0;
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var archived = await ReadAsync(accountId, keyId, cancellationToken);
            var days = await ReadDaysAsync(accountId, keyId, Math.Min(before, archived.LogBefore), cancellationToken);
            if (days.Count == 0)
            {
                return deleted;
            }

            var sum = ToEntity(accountId, keyId, archived with { Units = archived.Units + days.Sum(KeyDay.UsedOf) });
            var actions = days.Select(day => new TableTransactionAction(TableTransactionActionType.Delete, day, day.ETag))
                .Append(new TableTransactionAction(TableTransactionActionType.UpdateReplace, sum, archived.Version!.Value));
            try
            {
                await _table.SubmitTransactionAsync(actions, cancellationToken);
                (deleted, attempt) = (deleted + days.Count, -1);
            }
            catch (RequestFailedException refused) when (refused.Status is 404 or 412)
            {
                // Another instance is at it, or a day was counted anew meanwhile: what there is now is read again.
            }
        }

        throw new StorageUnavailableException("The days of a key are too contended.");
    }

    /// <summary>The row of a key whose books begin with units that nothing here tells of.</summary>
    public static TableEntity Of(string accountId, string keyId, long units) => ToEntity(accountId, keyId, new ArchivedSum(units, LogBefore: 0, Version: null));

    private async Task<List<TableEntity>> ReadDaysAsync(string accountId, string keyId, int before, CancellationToken cancellationToken)
    {
        var (first, end) = (AccountRowKeys.Usage(keyId, 0), AccountRowKeys.Usage(keyId, before));
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {accountId} and RowKey ge {first} and RowKey lt {end}");
        return await _table.QueryAsync<TableEntity>(filter, MaxDays, cancellationToken: cancellationToken).Take(MaxDays).ToListAsync(cancellationToken);
    }

    private static TableEntity ToEntity(string accountId, string keyId, ArchivedSum archived) => new(accountId, AccountRowKeys.Archived(keyId))
    {
        [UnitsProperty] = archived.Units,
        [LogBeforeProperty] = archived.LogBefore,
    };
}
