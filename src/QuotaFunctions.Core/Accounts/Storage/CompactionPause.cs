using Azure;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Accounts.Storage;

/// <summary>
/// Keeps a key's ledger from being compacted while it is added up: its sum, its days and its rows cannot be read in one moment. Charges go on,
/// and the log too; the sweeper compacts later what was left.
/// </summary>
internal sealed class CompactionPause(TableServiceClient tables, StorageNames names, ILogger<CompactionPause> logger)
{
    /// <summary>How long a pause lasts whose process has died, or is not heard of any more.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private const int MaxAttempts = 10;

    private readonly TableClient _table = tables.GetTableClient(names.Accounts);

    /// <summary>Begins a pause. A compaction that has read the sum before finds another version of it, and is refused.</summary>
    /// <exception cref="StorageUnavailableException">Compactions were always faster.</exception>
    public Task BeginAsync(KeyLocator key, CancellationToken cancellationToken) => WriteAsync(key, Limit, cancellationToken);

    /// <summary>Ends a pause.</summary>
    /// <inheritdoc cref="BeginAsync"/>
    public Task EndAsync(KeyLocator key, CancellationToken cancellationToken) => WriteAsync(key, TimeSpan.Zero, cancellationToken);

    /// <summary>True where a row that was just read says that its key is paused.</summary>
    public static bool IsPaused(NullableResponse<TableEntity> answer) =>
        answer.HasValue && answer.Value!.GetDateTimeOffset(KeySum.PausedUntil) > answer.GetRawResponse().Headers.Date;

    private async Task WriteAsync(KeyLocator key, TimeSpan time, CancellationToken cancellationToken)
    {
        var name = AccountRowKeys.Compacted(key.KeyId);
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var found = await _table.ReadAsync(key.AccountId, name, select: null, logger, cancellationToken);
            var row = found.HasValue ? found.Value! : new TableEntity(key.AccountId, name);
            row[KeySum.PausedUntil] = found.GetRawResponse().Headers.Date + time;
            if (await _table.TryWriteAsync(row, found.HasValue ? row.ETag : null, cancellationToken))
            {
                return;
            }
        }

        throw new StorageUnavailableException("The sums are too contended.");
    }
}
