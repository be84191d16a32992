using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Quotas;

namespace QuotaFunctions.Core.Auditing;

/// <summary>A commit that is wholly in the log: its row in the ledger may go into the sums.</summary>
/// <param name="Sequence">Its number.</param>
/// <param name="Entries">Whose entries it has, and what they changed.</param>
internal sealed record AuditedCommit(long Sequence, IReadOnlyList<(string KeyId, long Delta, long PoolDelta)> Entries)
{
    public static AuditedCommit Of(LedgerRow row) => new(row.Sequence, [.. row.Entries.Select(entry => (entry.KeyId, entry.Delta, entry.PoolDelta))]);
}

/// <summary>A ledger row that is not folded yet, or a lease's page.</summary>
/// <param name="AccountId">The account.</param>
/// <param name="Row">The row.</param>
/// <param name="StoredAt">When it was written, by the service's clock.</param>
internal sealed record OpenCommit(string AccountId, LedgerRow Row, DateTimeOffset StoredAt);

/// <summary>A key's ledger: what was folded, and the rows that were not.</summary>
/// <param name="Folded">The sum of what was folded.</param>
/// <param name="FoldedVersion">Changes with every folding.</param>
/// <param name="Open">The rows of the account that are not folded, in order.</param>
internal sealed record KeyLedger(long Folded, ETag FoldedVersion, IReadOnlyList<LedgerRow> Open);

/// <summary>
/// Reads ledgers, and keeps them short: rows that are wholly in the log are added to a sum for each key and deleted, in one
/// transaction, so that sum and rows together always come to what is used. The account's own row is not touched, so that charges
/// are not disturbed.
/// </summary>
internal sealed class LedgerBooks(TableServiceClient tables, StorageNames names)
{
    private const string Sum = "Sum";
    private const int MaxAttempts = 4;

    private readonly TableClient _table = tables.GetTableClient(names.Accounts);

    /// <summary>Folds commits of one account. Those that another instance folds at the same time are left alone.</summary>
    public async Task FoldAsync(string accountId, IReadOnlyList<AuditedCommit> commits, CancellationToken cancellationToken)
    {
        foreach (var chunk in Chunks(accountId, commits))
        {
            for (var attempt = 0; attempt < MaxAttempts && !await TryFoldAsync(accountId, chunk, cancellationToken); attempt++)
            {
            }
        }
    }

    /// <summary>All rows of all accounts that are not folded, account by account, in order.</summary>
    public IAsyncEnumerable<OpenCommit> ReadOpenAsync(CancellationToken cancellationToken) => ReadOpenAsync(AccountRows.AllCommits, cancellationToken);

    /// <summary>All leases of all accounts, without their pages.</summary>
    public async IAsyncEnumerable<LeaseState> ReadLeasesAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var row in _table.QueryAsync<TableEntity>(
            AccountRows.AllLeases, select: AccountEntity.LeaseWithoutPage, cancellationToken: cancellationToken))
        {
            yield return AccountEntity.ToLease(row);
        }
    }

    /// <summary>The ledger of a key, or of a pool itself.</summary>
    public async Task<KeyLedger> ReadAsync(string accountId, string keyId, CancellationToken cancellationToken)
    {
        var folded = await FindFoldedAsync(accountId, keyId, cancellationToken);
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {accountId}") + " and " + AccountRows.AllCommits;
        var open = new List<LedgerRow>();
        await foreach (var commit in ReadOpenAsync(filter, cancellationToken))
        {
            open.Add(commit.Row);
        }

        return new KeyLedger(folded?.GetInt64(Sum) ?? 0, folded?.ETag ?? default, open);
    }

    /// <summary>The version of a key's folded sum: unchanged as long as nothing of it is folded.</summary>
    public async Task<ETag> ReadFoldedVersionAsync(string accountId, string keyId, CancellationToken cancellationToken) =>
        (await FindFoldedAsync(accountId, keyId, cancellationToken))?.ETag ?? default;

    /// <summary>Deletes marks of settled charges and of Idempotency-Keys that are too old to matter.</summary>
    public async Task DeleteMarksAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        foreach (var kind in new[] { AccountRows.AllSettled, AccountRows.AllOnce })
        {
            var filter = kind + " and " + TableClient.CreateQueryFilter($"Timestamp lt {before}");
            await foreach (var row in _table.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken))
            {
                if (!await IsNeededAsync(row, cancellationToken))
                {
                    await DeleteMarkAsync(row, cancellationToken);
                }
            }
        }
    }

    private async Task DeleteMarkAsync(TableEntity mark, CancellationToken cancellationToken)
    {
        try
        {
            await _table.DeleteEntityAsync(mark.PartitionKey, mark.RowKey, mark.ETag, cancellationToken);
        }
        catch (RequestFailedException refused) when (refused.Status == 412)
        {
            // The Idempotency-Key was used again just now.
        }
    }

    /// <summary>True for a mark whose charge still stands in the ledger: without it, whoever finds the charge there would settle it again.</summary>
    private async Task<bool> IsNeededAsync(TableEntity mark, CancellationToken cancellationToken) =>
        AccountRows.SettledCharge(mark.RowKey) is { } charge
        && (await _table.GetEntityIfExistsAsync<TableEntity>(
            mark.PartitionKey, AccountRows.Commit(charge.Sequence), ["RowKey"], cancellationToken)).HasValue;

    private static IEnumerable<List<AuditedCommit>> Chunks(string accountId, IReadOnlyList<AuditedCommit> commits)
    {
        var chunk = new List<AuditedCommit>();
        var sums = new HashSet<string>();
        foreach (var commit in commits)
        {
            var keys = commit.Entries.Select(entry => entry.KeyId).Append(accountId);
            if (chunk.Count > 0 && chunk.Count + 1 + sums.Union(keys).Count() > CommitDraft.MaxRows)
            {
                yield return chunk;
                chunk = [];
                sums.Clear();
            }

            chunk.Add(commit);
            sums.UnionWith(keys);
        }

        if (chunk.Count > 0)
        {
            yield return chunk;
        }
    }

    private async IAsyncEnumerable<OpenCommit> ReadOpenAsync(
        string filter, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var row in _table.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken))
        {
            var commit = LedgerEntity.ToRow(row);
            yield return new OpenCommit(row.PartitionKey, commit, commit.WrittenAt ?? row.Timestamp ?? default);
        }
    }

    /// <summary>Folds once. False when it is worth another try.</summary>
    private async Task<bool> TryFoldAsync(string accountId, List<AuditedCommit> commits, CancellationToken cancellationToken)
    {
        var sums = commits.SelectMany(commit => commit.Entries).GroupBy(entry => entry.KeyId)
            .ToDictionary(entries => entries.Key, entries => entries.Sum(entry => entry.Delta));
        if (Keys.KeyLocator.IsPoolId(accountId))
        {
            sums[accountId] = commits.Sum(commit => commit.Entries.Sum(entry => entry.PoolDelta));
        }

        var actions = new List<TableTransactionAction>();
        foreach (var (keyId, sum) in sums)
        {
            var folded = await FindFoldedAsync(accountId, keyId, cancellationToken);
            var row = new TableEntity(accountId, AccountRows.Folded(keyId)) { [Sum] = (folded?.GetInt64(Sum) ?? 0) + sum };
            actions.Add(folded is null
                ? new TableTransactionAction(TableTransactionActionType.Add, row)
                : new TableTransactionAction(TableTransactionActionType.UpdateReplace, row, folded.ETag));
        }

        actions.AddRange(commits.Select(commit => new TableTransactionAction(
            TableTransactionActionType.Delete, new TableEntity(accountId, AccountRows.Commit(commit.Sequence)), ETag.All)));
        try
        {
            await _table.SubmitTransactionAsync(actions, cancellationToken);
            return true;
        }
        catch (RequestFailedException refused) when (refused.ErrorCode == TableErrorCode.ResourceNotFound)
        {
            // One of the rows is gone: another instance, or an earlier try, has folded it. The sweeper does what is left.
            return true;
        }
        catch (RequestFailedException refused) when (refused.Status is 409 or 412)
        {
            return false;
        }
    }

    private async Task<TableEntity?> FindFoldedAsync(string accountId, string keyId, CancellationToken cancellationToken)
    {
        var row = await _table.GetEntityIfExistsAsync<TableEntity>(accountId, AccountRows.Folded(keyId), cancellationToken: cancellationToken);
        return row.HasValue ? row.Value : null;
    }
}
