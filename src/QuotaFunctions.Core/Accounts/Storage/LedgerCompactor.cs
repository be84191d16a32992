using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Accounts.Storage;

/// <summary>A commit that is wholly in the log: its row in the ledger may go into the sums.</summary>
/// <param name="Sequence">Its number.</param>
/// <param name="Entries">Whose entries it has, and what they changed.</param>
internal sealed record AuditedCommit(long Sequence, IReadOnlyList<(string KeyId, long Delta, long PoolDelta)> Entries)
{
    public static AuditedCommit Of(LedgerRow row) => new(row.Sequence, [.. row.Entries.Select(entry => (entry.KeyId, entry.Delta, entry.PoolDelta))]);
}

/// <summary>A ledger row that is not compacted yet.</summary>
/// <param name="AccountId">The account.</param>
/// <param name="Row">The row.</param>
/// <param name="StoredAt">When it was written, by the service's clock.</param>
internal sealed record OpenCommit(string AccountId, LedgerRow Row, DateTimeOffset StoredAt);

/// <summary>A key's ledger: what was compacted, and the rows that were not.</summary>
/// <param name="Compacted">The sum of what was compacted.</param>
/// <param name="CompactedVersion">Changes with every compaction.</param>
/// <param name="Open">The rows of the account that are not compacted, in order.</param>
internal sealed record KeyLedger(long Compacted, ETag CompactedVersion, IReadOnlyList<LedgerRow> Open);

/// <summary>
/// Reads ledgers, and keeps them short: rows that are wholly in the log are added to a sum for each key and deleted, in one
/// transaction, so that sum and rows together always come to what is used. The account's own row is not touched, so that charges
/// are not disturbed.
/// </summary>
/// <remarks>
/// The sums that this process wrote last are remembered: the next compaction needs no reading then. Where another instance compacted meanwhile,
/// the version is not what it was, and the sum is read.
/// </remarks>
internal sealed class LedgerCompactor(TableServiceClient tables, StorageNames names, ILogger<LedgerCompactor> logger) : IDisposable
{
    private const string Sum = "Sum";
    private const int MaxAttempts = 4;

    /// <summary>Sums that are remembered.</summary>
    private const int MaxRemembered = 20_000;

    private readonly TableClient _table = tables.GetTableClient(names.Accounts);
    private readonly MemoryCache _remembered = new(new MemoryCacheOptions { SizeLimit = MaxRemembered });

    /// <inheritdoc/>
    public void Dispose() => _remembered.Dispose();

    /// <summary>Compacts commits of one account. Those that another instance compacts at the same time are left alone.</summary>
    public async Task CompactAsync(string accountId, IReadOnlyList<AuditedCommit> commits, CancellationToken cancellationToken)
    {
        foreach (var chunk in Chunks(accountId, commits))
        {
            for (var attempt = 0; attempt < MaxAttempts && !await TryCompactAsync(accountId, chunk, cancellationToken); attempt++)
            {
            }
        }
    }

    /// <summary>The rows of an account that are not compacted, in order, as they are stored: <see cref="ToCommit"/> understands them.</summary>
    public IAsyncEnumerable<TableEntity> ReadOpenAsync(string accountId, CancellationToken cancellationToken) =>
        _table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {accountId}") + " and " + AccountRowKeys.AllCommits, cancellationToken: cancellationToken);

    /// <summary>The numbers of the commits of an account that are not compacted.</summary>
    public async Task<IReadOnlyCollection<long>> ReadOpenNumbersAsync(string accountId, CancellationToken cancellationToken)
    {
        var numbers = new List<long>();
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {accountId}") + " and " + AccountRowKeys.AllCommits;
        await foreach (var row in _table.QueryAsync<TableEntity>(filter, select: ["RowKey"], cancellationToken: cancellationToken))
        {
            numbers.Add(AccountRowKeys.SequenceOf(row.RowKey));
        }

        return numbers;
    }

    /// <summary>Understands a row of the ledger.</summary>
    public static OpenCommit ToCommit(TableEntity row)
    {
        var commit = LedgerEntity.ToRow(row);
        return new OpenCommit(row.PartitionKey, commit, row.Timestamp ?? default);
    }

    /// <summary>The ledger of a key, or of a pool itself.</summary>
    public async Task<KeyLedger> ReadAsync(string accountId, string keyId, CancellationToken cancellationToken)
    {
        var compacted = await FindCompactedAsync(accountId, keyId, cancellationToken);
        var open = new List<LedgerRow>();
        await foreach (var row in ReadOpenAsync(accountId, cancellationToken))
        {
            open.Add(ToCommit(row).Row);
        }

        return new KeyLedger(compacted?.GetInt64(Sum) ?? 0, compacted?.ETag ?? default, open);
    }

    /// <summary>The version of a key's compacted sum: unchanged as long as nothing of it is compacted.</summary>
    public async Task<ETag> ReadCompactedVersionAsync(string accountId, string keyId, CancellationToken cancellationToken) =>
        (await FindCompactedAsync(accountId, keyId, cancellationToken))?.ETag ?? default;

    private static IEnumerable<List<AuditedCommit>> Chunks(string accountId, IReadOnlyList<AuditedCommit> commits)
    {
        var chunk = new List<AuditedCommit>();
        var sums = new HashSet<string>();
        foreach (var commit in commits)
        {
            var keys = commit.Entries.Select(entry => entry.KeyId).Append(accountId);
            if (chunk.Count > 0 && chunk.Count + 1 + sums.Union(keys).Count() > AccountTransaction.MaxRows)
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

    /// <summary>Compacts once. False when it is worth another try.</summary>
    private async Task<bool> TryCompactAsync(string accountId, List<AuditedCommit> commits, CancellationToken cancellationToken)
    {
        var sums = SumsOf(accountId, commits);
        var before = await Task.WhenAll(sums.Select(sum => RecallAsync(accountId, sum.KeyId, cancellationToken)));
        var after = sums.Select((sum, index) => (before[index]?.Sum ?? 0) + sum.Delta).ToList();
        var actions = new List<TableTransactionAction>();
        for (var i = 0; i < sums.Count; i++)
        {
            var row = new TableEntity(accountId, AccountRowKeys.Compacted(sums[i].KeyId)) { [Sum] = after[i] };
            actions.Add(before[i] is { } known
                ? new TableTransactionAction(TableTransactionActionType.UpdateReplace, row, known.Version)
                : new TableTransactionAction(TableTransactionActionType.Add, row));
        }

        actions.AddRange(commits.Select(commit => new TableTransactionAction(
            TableTransactionActionType.Delete, new TableEntity(accountId, AccountRowKeys.Commit(commit.Sequence)), ETag.All)));
        try
        {
            var answers = (await _table.SubmitTransactionAsync(actions, cancellationToken)).Value;
            for (var i = 0; i < sums.Count; i++)
            {
                Remember(sums[i].KeyId, answers[i].Headers.ETag is { } version ? new CompactedSum(after[i], version) : null);
            }

            return true;
        }
        catch (RequestFailedException refused) when (refused.ErrorCode == TableErrorCode.ResourceNotFound)
        {
            // One of the rows is gone: another instance, or an earlier try, has compacted it. The sweeper does what is left.
            return true;
        }
        catch (RequestFailedException refused) when (refused.Status is 409 or 412)
        {
            sums.ForEach(sum => Remember(sum.KeyId, null));
            return false;
        }
    }

    private static List<(string KeyId, long Delta)> SumsOf(string accountId, List<AuditedCommit> commits)
    {
        var sums = commits.SelectMany(commit => commit.Entries).Where(entry => entry.KeyId != accountId || !KeyLocator.IsPoolId(accountId))
            .GroupBy(entry => entry.KeyId).Select(entries => (entries.Key, entries.Sum(entry => entry.Delta))).ToList();
        if (KeyLocator.IsPoolId(accountId))
        {
            sums.Add((accountId, commits.Sum(commit => commit.Entries.Sum(entry => entry.PoolDelta))));
        }

        return sums;
    }

    /// <summary>A key's compacted sum, as this process left it or else as it is stored; null where nothing is compacted yet.</summary>
    private async Task<CompactedSum?> RecallAsync(string accountId, string keyId, CancellationToken cancellationToken)
    {
        if (_remembered.TryGetValue(keyId, out CompactedSum? known))
        {
            return known;
        }

        return await FindCompactedAsync(accountId, keyId, cancellationToken) is { } row ? new CompactedSum(row.GetInt64(Sum) ?? 0, row.ETag) : null;
    }

    private void Remember(string keyId, CompactedSum? sum)
    {
        if (sum is null)
        {
            _remembered.Remove(keyId);
        }
        else
        {
            _remembered.Set(keyId, sum, new MemoryCacheEntryOptions { Size = 1 });
        }
    }

    private Task<TableEntity?> FindCompactedAsync(string accountId, string keyId, CancellationToken cancellationToken) =>
        _table.FindAsync(accountId, AccountRowKeys.Compacted(keyId), select: null, logger, cancellationToken);

    private sealed record CompactedSum(long Sum, ETag Version);
}
