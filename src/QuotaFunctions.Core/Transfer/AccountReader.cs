using System.Security.Cryptography;
using Azure;
using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Transfer;

/// <summary>
/// Reads one account whole, so that its records, sums and ledger belong together although charges go on meanwhile: the books of a copy balance,
/// and come to the same.
/// </summary>
/// <remarks>
/// What is read first is older, and nothing of it may be newer than the records. The log comes first: whatever it tells was committed before. Then
/// the marks and days, then the records, and at last the ledger, of which only what the records cover is taken. In between nothing may be
/// compacted: where the sums are not the same before and after, all is read again, then with the compaction paused.
/// </remarks>
internal sealed class AccountReader(
    TableServiceClient tables, StorageNames names, IAccountStore store, CompactionPause pause, TimeProvider clock)
{
    /// <summary>How often an account is read whose sums change meanwhile, the first time without a pause of its compaction.</summary>
    private const int MaxAttempts = 4;

    /// <summary>How often the records of a pool are read until no commit comes in between.</summary>
    private const int MaxRecordAttempts = 50;

    private readonly TableClient _accounts = tables.GetTableClient(names.Accounts);
    private readonly TableClient _log = tables.GetTableClient(names.Audit);

    /// <summary>Reads an account. Its records come last, and its head as the very last; nothing where there is no such account.</summary>
    /// <param name="accountId">The account.</param>
    /// <param name="lines">Takes the rows.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="StorageUnavailableException">It changed too fast to be read.</exception>
    public async Task ReadAsync(string accountId, AccountLines lines, CancellationToken cancellationToken)
    {
        lines.Clear();
        if (await TryReadAsync(accountId, lines, () => Task.CompletedTask, cancellationToken))
        {
            return;
        }

        // Every compaction of an account reads the sum of the account itself, or of its only key.
        var account = new KeyLocator(accountId, accountId);
        var pausedAt = long.MinValue;
        try
        {
            for (var attempt = 1; attempt < MaxAttempts; attempt++)
            {
                lines.Clear();
                pausedAt = long.MinValue;
                if (await TryReadAsync(accountId, lines, PauseAsync, cancellationToken))
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

    /// <summary>Reads an account once. False where some of its books were compacted or archived meanwhile.</summary>
    private async Task<bool> TryReadAsync(string accountId, AccountLines lines, Func<Task> goOnAsync, CancellationToken cancellationToken)
    {
        await goOnAsync();
        var sums = Digest(await ReadSumsAsync(accountId, cancellationToken));
        await foreach (var id in ReadIdsAsync(accountId, cancellationToken))
        {
            await AddAsync(lines, ExportFormat.Log, _log.QueryAsync<TableEntity>(AuditTable.Of(id), cancellationToken: cancellationToken), goOnAsync);
        }

        await AddAsync(lines, ExportFormat.Accounts, QueryAsync(accountId, AccountRowKeys.AllDaysAndMarks, cancellationToken), goOnAsync);
        if (await ReadRecordsAsync(accountId, cancellationToken) is not { } records)
        {
            lines.Clear();
            return true;
        }

        await foreach (var row in QueryAsync(accountId, AccountRowKeys.AllCommits, cancellationToken))
        {
            await goOnAsync();
            AddCommit(lines, records, row);
        }

        var sumsAfter = await ReadSumsAsync(accountId, cancellationToken);
        sumsAfter.Concat(records.Rows).ToList().ForEach(row => lines.Add(ExportFormat.Accounts, row));
        return Digest(sumsAfter) == sums;
    }

    private static async Task AddAsync(AccountLines lines, string table, IAsyncEnumerable<TableEntity> rows, Func<Task> goOnAsync)
    {
        await foreach (var row in rows)
        {
            await goOnAsync();
            lines.Add(table, row);
        }
    }

    /// <summary>Adds a commit that the records cover, and the marks of what it settles: they may be younger than the marks that were read.</summary>
    private static void AddCommit(AccountLines lines, AccountRecords records, TableEntity row)
    {
        var commit = LedgerReader.ToCommit(row).Row;
        if (!records.Covers(commit.Sequence))
        {
            return;
        }

        lines.Add(ExportFormat.Accounts, row);
        foreach (var entry in commit.Entries)
        {
            if (entry.SettledCharge is { } settled)
            {
                lines.Add(ExportFormat.Accounts, AccountEntity.Of(row.PartitionKey, new SideRow.SettlementMarker(entry.KeyId, settled, entry.FinalCost)));
            }
        }
    }

    /// <summary>The keys of an account, and the pool itself.</summary>
    private async IAsyncEnumerable<string> ReadIdsAsync(
        string accountId, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return accountId;
        if (KeyLocator.IsPoolId(accountId))
        {
            var filter = TableClient.CreateQueryFilter($"PartitionKey eq {accountId}") + $" and {AccountRowKeys.AllKeys}";
            await foreach (var row in _accounts.QueryAsync<TableEntity>(filter, select: ["RowKey"], cancellationToken: cancellationToken))
            {
                yield return AccountRowKeys.KeyOf(row.RowKey)!;
            }
        }
    }

    /// <summary>The records as they were at one moment, what leases had spent added to what is used; null where there is no such account.</summary>
    private async Task<AccountRecords?> ReadRecordsAsync(string accountId, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxRecordAttempts; attempt++)
        {
            if (await store.LoadAsync(accountId, cancellationToken) is not { } before)
            {
                return null;
            }

            var rows = await QueryAsync(accountId, AccountRowKeys.AllRecords, cancellationToken).ToListAsync(cancellationToken);
            if (rows is [var only])
            {
                // A row is always of one moment, however often it is written
                return AccountRecords.Of(AccountEntity.ToHead(only), rows);
            }

            if ((await store.LoadAsync(accountId, cancellationToken))?.Head == before.Head)
            {
                return AccountRecords.Of(before.Head, rows);
            }
        }

        throw new StorageUnavailableException($"{accountId} is committed to too often to be read.");
    }

    private async Task<List<TableEntity>> ReadSumsAsync(string accountId, CancellationToken cancellationToken)
    {
        var rows = await QueryAsync(accountId, AccountRowKeys.AllSums, cancellationToken).ToListAsync(cancellationToken);
        rows.ForEach(row => row.Remove(KeySum.PausedUntil));
        return rows;
    }

    private AsyncPageable<TableEntity> QueryAsync(string accountId, string rows, CancellationToken cancellationToken) =>
        _accounts.QueryAsync<TableEntity>(TableClient.CreateQueryFilter($"PartitionKey eq {accountId}") + $" and ({rows})", cancellationToken: cancellationToken);

    private static string Digest(IEnumerable<TableEntity> rows)
    {
        using var lines = new MemoryStream();
        foreach (var row in rows)
        {
            RowLine.Write(lines, ExportFormat.Accounts, row);
        }

        return Convert.ToHexString(SHA256.HashData(lines.GetBuffer().AsSpan(0, (int)lines.Length)));
    }

    /// <summary>The records of an account.</summary>
    /// <param name="Head">The account's head.</param>
    /// <param name="Leases">The leases that were out.</param>
    /// <param name="Rows">The rows of the keys, and the pool's, the head as the last one.</param>
    private sealed record AccountRecords(LedgerHead Head, IReadOnlyList<LeaseState> Leases, IReadOnlyList<TableEntity> Rows)
    {
        public static AccountRecords Of(LedgerHead head, List<TableEntity> rows)
        {
            var leases = rows.Where(row => AccountRowKeys.IsLease(row.RowKey)).Select(AccountEntity.ToLease).ToList();
            var records = rows.Where(row => !AccountRowKeys.IsLease(row.RowKey)).ToList();
            if (leases.Count > 0)
            {
                AccountEntity.EndLeases(records[^1], leases);
            }

            return new AccountRecords(head, leases, records);
        }

        /// <summary>True where a commit of the ledger is in the records' sums.</summary>
        public bool Covers(long sequence) => AccountSnapshot.Covers(Head, Leases, sequence);
    }
}
