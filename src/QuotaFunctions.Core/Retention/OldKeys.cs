using Azure.Data.Tables;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;

namespace QuotaFunctions.Core.Retention;

/// <summary>
/// Goes through the keys and pools: deletes of each the log by whole days, the days of usage, and itself where it was revoked long ago. Which there
/// are is told by the index of keys, and each has ranges of its own, so that no table is scanned. One that fails is left for the next run.
/// </summary>
internal sealed partial class OldKeys(
    TableServiceClient tables, StorageNames names, KeyIndex index, LedgerReader ledger, KeyArchive archive, RevokedKeys revoked, ILogger<OldKeys> logger) : IRetentionStage
{
    /// <summary>So many keys that fail one after the other are storage's fault: the step is tried again later.</summary>
    private const int MaxFailuresInARow = 5;

    private readonly TableClient _log = tables.GetTableClient(names.Audit);

    /// <inheritdoc/>
    public string Name => "keys";

    /// <inheritdoc/>
    public async Task<string?> StepAsync(RetentionLimits limits, string? cursor, StepBudget budget, CancellationToken cancellationToken)
    {
        var all = await index.ReadAsync(cancellationToken);
        var revokedIds = all.Where(key => key.Status == KeyStatus.Revoked).Select(key => key.Id).ToHashSet();
        var failures = 0;
        foreach (var key in all.Where(key => string.CompareOrdinal(key.Id, cursor) > 0).OrderBy(key => key.Id, StringComparer.Ordinal))
        {
            try
            {
                var account = KeyLocator.AccountOf(key.Id);
                if (!await DeleteLogAsync(account, key.Id, limits.LogDay, budget, cancellationToken))
                {
                    return cursor ?? "";
                }

                budget.Count(await archive.FoldDaysAsync(account, key.Id, limits.UsageDay, cancellationToken));
                if (revokedIds.Contains(key.Id) || revokedIds.Contains(account))
                {
                    budget.Count(await revoked.RemoveAsync(account, key.Id, all, limits, cancellationToken));
                }

                failures = 0;
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                budget.CountFailure();
                LogFailed(logger, key.Id, StorageErrors.Kind(failure));
                if (++failures == MaxFailuresInARow && StorageErrors.IsTransient(failure))
                {
                    throw;
                }
            }

            cursor = key.Id;
            await budget.PauseAfterLookingAsync(cancellationToken);
            if (budget.IsSpent)
            {
                return cursor;
            }
        }

        return null;
    }

    /// <summary>
    /// Deletes the log of a key before a day, but not from the first day on that has something open. Nothing new is charged or settled on these days any
    /// more: so what is open is looked for first, then the log is taken out of the books, and only then it is deleted. False where the budget was spent before.
    /// </summary>
    private async Task<bool> DeleteLogAsync(string accountId, string keyId, int before, StepBudget budget, CancellationToken cancellationToken)
    {
        if (!await RowDeleter.AnyAsync(_log, AuditTable.Before(keyId, before), cancellationToken))
        {
            return true;
        }

        var end = Math.Min(before, await ledger.FindFirstOpenDayAsync(accountId, keyId, cancellationToken) ?? before);
        await archive.ExcludeLogAsync(accountId, keyId, end, cancellationToken);
        return await RowDeleter.DeleteAsync(_log, AuditTable.Before(keyId, end), budget, cancellationToken);
    }

    [LoggerMessage(3201, LogLevel.Error, "What is old of {KeyId} could not be deleted ({Failure}): it is left for the next run of retention.")]
    private static partial void LogFailed(ILogger logger, string keyId, string failure);
}
