using Azure;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Usage;

namespace QuotaFunctions.Core.Retention;

/// <summary>
/// Removes keys and pools that were revoked long ago, once their log has gone and their books balance with nothing unsettled: the secrets in the
/// directory, what was counted, the record, and the place in the index.
/// </summary>
/// <remarks>
/// The record goes last, in one transaction with the sums that it is held against, so that the books balance until there are none. The index is
/// brought up to date after it, as after any act. Days of usage stay in the table <c>usage</c> until they are old themselves.
/// </remarks>
internal sealed partial class RevokedKeys(
    TableServiceClient tables, StorageNames names, KeyIndex index, IKeyDirectory directory, LedgerReader ledger, KeyArchive archive,
    IBookVerifier verifier, ILogger<RevokedKeys> logger)
{
    private const int AfterAllDays = 99_999_999;

    private readonly TableClient _accounts = tables.GetTableClient(names.Accounts);
    private readonly TableClient _log = tables.GetTableClient(names.Audit);
    private readonly TableClient _usage = tables.GetTableClient(names.Usage);

    /// <summary>Removes a key or a pool that is revoked by the index, where it may go. A key goes with its pool, too; a pool after its last key.</summary>
    /// <param name="accountId">Its account.</param>
    /// <param name="id">The key, or the pool.</param>
    /// <param name="all">All keys and pools, by the index.</param>
    /// <param name="limits">What is old.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>How many rows were deleted.</returns>
    public async Task<int> RemoveAsync(
        string accountId, string id, IReadOnlyList<IndexedKey> all, RetentionLimits limits, CancellationToken cancellationToken)
    {
        var isPool = KeyLocator.IsPoolId(id);
        if (isPool && all.Any(key => key.Id != id && KeyLocator.AccountOf(key.Id) == id))
        {
            return 0;
        }

        var name = isPool ? AccountRowKeys.Pool : AccountRowKeys.Key(id);
        if (await _accounts.FindAsync(accountId, name, select: null, logger, cancellationToken) is not { } record || !await IsOldAsync(record, limits, cancellationToken)
            || await RowDeleter.AnyAsync(_log, AuditTable.Before(id, AfterAllDays), cancellationToken)
            || await ledger.FindFirstOpenDayAsync(accountId, id, cancellationToken) is not null)
        {
            return 0;
        }

        if (!isPool && await verifier.VerifyAsync(id, isDeep: false, cancellationToken) is not { Balanced: true, Unsettled: 0 })
        {
            LogUnbalanced(logger, id);
            return 0;
        }

        var deleted = await archive.FoldDaysAsync(accountId, id, AfterAllDays, cancellationToken);
        return await HasDaysAsync(accountId, id, cancellationToken)
            ? deleted
            : deleted + await index.ActAsync(id, () => RemoveAsync(record, accountId, id, isPool, cancellationToken), cancellationToken);
    }

    /// <summary>
    /// True for what was revoked long ago by its own record or its pool's, and not written since. By the service's clock: a record is written last when it
    /// is revoked, or when its last charge is settled.
    /// </summary>
    private async Task<bool> IsOldAsync(TableEntity record, RetentionLimits limits, CancellationToken cancellationToken)
    {
        return record.Timestamp < limits.Revoked
            && (IsRevoked(record)
                || (KeyLocator.IsPoolId(record.PartitionKey)
                    && await _accounts.FindAsync(record.PartitionKey, AccountRowKeys.Pool, select: null, logger, cancellationToken) is { } pool
                    && pool.Timestamp < limits.Revoked && IsRevoked(pool)));

        static bool IsRevoked(TableEntity row) => row.GetString(nameof(KeyState.Status)) == nameof(KeyStatus.Revoked);
    }

    private Task<bool> HasDaysAsync(string accountId, string id, CancellationToken cancellationToken) => RowDeleter.AnyAsync(
        _accounts, TableClient.CreateQueryFilter($"PartitionKey eq {accountId}") + " and " + AccountRowKeys.UsageOf(id), cancellationToken);

    private async Task<int> RemoveAsync(TableEntity record, string accountId, string id, bool isPool, CancellationToken cancellationToken)
    {
        var secrets = isPool ? [] : AccountEntity.ToKey(record).Secrets;
        foreach (var secret in secrets)
        {
            await directory.RemoveAsync(secret.Hash, cancellationToken);
        }

        await _usage.DeleteEntityAsync(UsageEntity.Keys, id, ETag.All, cancellationToken);
        var rows = new List<TableEntity> { record };
        foreach (var sum in new[] { AccountRowKeys.Compacted(id), AccountRowKeys.Archived(id) })
        {
            if (await _accounts.FindAsync(accountId, sum, select: null, logger, cancellationToken) is { } row)
            {
                rows.Add(row);
            }
        }

        await _accounts.SubmitTransactionAsync(rows.Select(row => new TableTransactionAction(TableTransactionActionType.Delete, row, row.ETag)), cancellationToken);
        LogRemoved(logger, id);
        return rows.Count + secrets.Count;
    }

    [LoggerMessage(3202, LogLevel.Information, "{Id} was revoked long ago, and has been removed.")]
    private static partial void LogRemoved(ILogger logger, string id);

    [LoggerMessage(3203, LogLevel.Error, "{Id} was revoked long ago, but its books do not balance, or have something unsettled: it stays.")]
    private static partial void LogUnbalanced(ILogger logger, string id);
}
