using System.Security.Cryptography;
using System.Text;
using Azure;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Transfer;

/// <summary>
/// Reads accounts whole, each so that its records, sums and ledger belong together although charges go on meanwhile: the books of a copy balance,
/// and come to the same.
/// </summary>
/// <remarks>
/// What is read first is older, and nothing of it may be newer than the records. The log comes first: whatever it tells was committed before. Then
/// the marks and days, then the records, and at last the ledger, of which only what the records cover is taken. In between nothing may be
/// compacted: an account whose sums are not the same before and after is read again alone, with its compaction paused.
/// </remarks>
internal sealed class AccountReader(
    TableServiceClient tables, StorageNames names, CompactionPause pause, TimeProvider clock, ILogger<AccountReader> logger)
{
    /// <summary>How often an account is read that was compacted meanwhile, now with a pause: that fails where the pause ran out, or retention came in between.</summary>
    private const int MaxAttempts = 4;

    private readonly TableClient _accounts = tables.GetTableClient(names.Accounts);
    private readonly TableClient _log = tables.GetTableClient(names.Audit);

    /// <summary>Reads the accounts of a range. Their records come last, and the head of each as its very last row.</summary>
    /// <param name="range">Which.</param>
    /// <param name="lines">Takes the rows.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="StorageUnavailableException">The books of one changed too fast to be read.</exception>
    public async Task ReadAsync(AccountRange range, AccountLines lines, CancellationToken cancellationToken)
    {
        foreach (var account in await TryReadAsync(range, lines, () => Task.CompletedTask, cancellationToken))
        {
            await ReadPausedAsync(account, lines, cancellationToken);
        }
    }

    private async Task ReadPausedAsync(string accountId, AccountLines lines, CancellationToken cancellationToken)
    {
        // Every compaction of an account reads the sum of the account itself, or of its only key.
        var account = new KeyLocator(accountId, accountId);
        var pausedAt = long.MinValue;
        try
        {
            for (var attempt = 0; attempt < MaxAttempts; attempt++)
            {
                pausedAt = long.MinValue;
                if ((await TryReadAsync(AccountRange.Of(accountId), lines, PauseAsync, cancellationToken)).Count == 0)
                {
                    return;
                }
            }
        }
        finally
        {
            await pause.EndAsync(account, CancellationToken.None);
        }

        throw new StorageUnavailableException($"The books of {accountId} change too fast to be read.");

        async Task PauseAsync()
        {
            if (pausedAt == long.MinValue || clock.GetElapsedTime(pausedAt) > CompactionPause.Limit / 3)
            {
                await pause.BeginAsync(account, cancellationToken);
                pausedAt = clock.GetTimestamp();
            }
        }
    }

    /// <summary>Reads accounts once. Returns those that were compacted or archived meanwhile: of them there are no lines.</summary>
    private async Task<IReadOnlyCollection<string>> TryReadAsync(
        AccountRange range, AccountLines lines, Func<Task> goOnAsync, CancellationToken cancellationToken)
    {
        await goOnAsync();
        var before = await ReadSumsAsync(range, _ => { }, cancellationToken);
        foreach (var log in range.Logs)
        {
            await AddAsync(ExportFormat.Log, _log.QueryAsync<TableEntity>(log, cancellationToken: cancellationToken));
        }

        await AddAsync(ExportFormat.Accounts, QueryAsync(range, AccountRowKeys.AllDaysAndMarks, cancellationToken));
        if (range.IsPool)
        {
            using var pool = new PoolRecords(_accounts, range.First, logger);
            var isThere = await pool.ReadAsync(row => AddCommit(lines, row), goOnAsync, cancellationToken);
            return await EndAsync(range, before, lines, isThere ? [(range.First, pool.ToRows())] : [], cancellationToken);
        }

        var keys = await ReadKeysAsync(range, MaxAttempts, cancellationToken);
        await foreach (var row in QueryAsync(range, AccountRowKeys.AllCommits, cancellationToken))
        {
            await goOnAsync();
            if (keys.GetValueOrDefault(row.PartitionKey)?.Covers(AccountRowKeys.SequenceOf(row.RowKey)) is true)
            {
                AddCommit(lines, row);
            }
        }

        return await EndAsync(range, before, lines, keys.Select(key => (key.Key, key.Value.ToRows())), cancellationToken);

        async Task AddAsync(string table, IAsyncEnumerable<TableEntity> rows)
        {
            await foreach (var row in rows)
            {
                await goOnAsync();
                lines.Add(table, row);
            }
        }
    }

    /// <summary>Adds a commit, and the marks of what it settles: they may be younger than the marks that were read.</summary>
    private static void AddCommit(AccountLines lines, TableEntity row)
    {
        lines.Add(ExportFormat.Accounts, row);
        foreach (var entry in LedgerReader.ToCommit(row).Row.Entries)
        {
            if (entry.SettledCharge is { } settled)
            {
                lines.Add(ExportFormat.Accounts, AccountEntity.Of(row.PartitionKey, new SideRow.SettlementMarker(entry.KeyId, settled, entry.FinalCost)));
            }
        }
    }

    /// <summary>Reads the records of keys with an account of their own, each as it was at one moment.</summary>
    private async Task<Dictionary<string, KeyRecord>> ReadKeysAsync(AccountRange range, int attempts, CancellationToken cancellationToken)
    {
        var keys = new Dictionary<string, KeyRecord>();
        await foreach (var row in QueryAsync(range, AccountRowKeys.AllRecords, cancellationToken))
        {
            if (!AccountRowKeys.IsLease(row.RowKey))
            {
                keys.Add(row.PartitionKey, new KeyRecord(row));
            }
            else
            {
                keys.GetValueOrDefault(row.PartitionKey)?.Add(AccountEntity.ToLease(row));
            }
        }

        // A lease ended after the key's row was read, and before its own was. Where that is always so the record is damaged, which is not for an export to mend.
        foreach (var unclear in keys.Where(key => attempts > 1 && !key.Value.HasAllLeases).Select(key => key.Key).ToList())
        {
            keys.Remove(unclear);
            foreach (var (account, key) in await ReadKeysAsync(AccountRange.Of(unclear), attempts - 1, cancellationToken))
            {
                keys.Add(account, key);
            }
        }

        return keys;
    }

    /// <summary>Reads the sums once more, and ends the lines of each account with its sums and records, where it was not compacted meanwhile.</summary>
    private async Task<IReadOnlyCollection<string>> EndAsync(
        AccountRange range, Dictionary<string, string> before, AccountLines lines, IEnumerable<(string Account, IEnumerable<TableEntity> Rows)> records,
        CancellationToken cancellationToken)
    {
        var after = await ReadSumsAsync(range, row => lines.Add(ExportFormat.Accounts, row), cancellationToken);
        var compacted = new List<string>();
        foreach (var (account, rows) in records)
        {
            if (before.GetValueOrDefault(account) != after.GetValueOrDefault(account))
            {
                lines.Forget(account);
                compacted.Add(account);
                continue;
            }

            foreach (var row in rows)
            {
                lines.Add(ExportFormat.Accounts, row);
            }

            lines.Close(account);
        }

        return compacted;
    }

    /// <summary>Reads the sums. Returns a digest of those of each account.</summary>
    private async Task<Dictionary<string, string>> ReadSumsAsync(AccountRange range, Action<TableEntity> add, CancellationToken cancellationToken)
    {
        var digests = new Dictionary<string, string>();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var line = new MemoryStream();
        await foreach (var row in QueryAsync(range, AccountRowKeys.AllSums, cancellationToken))
        {
            row.Remove(KeySum.PausedUntil);
            line.SetLength(0);
            RowLine.Write(line, ExportFormat.Accounts, row);
            hash.AppendData(Encoding.ASCII.GetBytes(digests.GetValueOrDefault(row.PartitionKey, "")));
            hash.AppendData(line.GetBuffer().AsSpan(0, (int)line.Length));
            digests[row.PartitionKey] = Convert.ToHexString(hash.GetHashAndReset());
            add(row);
        }

        return digests;
    }

    private AsyncPageable<TableEntity> QueryAsync(AccountRange range, string rows, CancellationToken cancellationToken) =>
        _accounts.QueryAsync<TableEntity>($"{range.Accounts} and ({rows})", cancellationToken: cancellationToken);
}
