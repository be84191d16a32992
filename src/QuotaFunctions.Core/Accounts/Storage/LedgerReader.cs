using Azure.Data.Tables;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Accounts.Storage;

/// <summary>A ledger row that is not compacted yet.</summary>
/// <param name="AccountId">The account.</param>
/// <param name="Row">The row.</param>
/// <param name="StoredAt">When it was written, by the service's clock.</param>
internal sealed record OpenCommit(string AccountId, LedgerRow Row, DateTimeOffset StoredAt);

/// <summary>A key's ledger: what was compacted, and the rows that were not.</summary>
/// <param name="Compacted">What was compacted.</param>
/// <param name="Open">The rows of the account that are not compacted, in order.</param>
internal sealed record KeyLedger(KeySum Compacted, IReadOnlyList<LedgerRow> Open);

/// <summary>Reads ledgers: the rows that are not compacted, and the sums and days of what was.</summary>
internal sealed class LedgerReader(TableServiceClient tables, StorageNames names, ILogger<LedgerReader> logger)
{
    private readonly TableClient _table = tables.GetTableClient(names.Accounts);

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

    /// <summary>
    /// The first day (UTC, yyyyMMdd) of a charge or an act of a key that is not settled: it stands in the ledger, or its end may still be told. Null
    /// where there is none. Of a pool itself it is that of the whole account.
    /// </summary>
    public async Task<int?> FindFirstOpenDayAsync(string accountId, string keyId, CancellationToken cancellationToken)
    {
        var days = new List<int>();
        await foreach (var row in ReadOpenAsync(accountId, cancellationToken))
        {
            var commit = ToCommit(row).Row;
            days.AddRange(commit.Entries.Where(entry => entry.KeyId == keyId || accountId == keyId).Select(entry => entry.SettledCharge?.Day ?? commit.Day));
        }

        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {accountId}") + " and " + AccountRowKeys.AllProvisional;
        await foreach (var row in _table.QueryAsync<TableEntity>(filter, select: ["RowKey"], cancellationToken: cancellationToken))
        {
            days.Add(AccountRowKeys.DayOfProvisional(row.RowKey));
        }

        return days.Count > 0 ? days.Min() : null;
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
        var compacted = await ReadSumAsync(accountId, keyId, cancellationToken);
        var open = new List<LedgerRow>();
        await foreach (var row in ReadOpenAsync(accountId, cancellationToken))
        {
            open.Add(ToCommit(row).Row);
        }

        return new KeyLedger(compacted, open);
    }

    /// <summary>All days of a key, the first one first.</summary>
    public IAsyncEnumerable<KeyDay> ReadDaysAsync(KeyLocator locator, CancellationToken cancellationToken) =>
        ReadDaysAsync(locator, 0, 99_999_999, cancellationToken);

    /// <summary>A day of a key, with all its slots.</summary>
    public async Task<KeyDay> ReadDayAsync(KeyLocator locator, int day, CancellationToken cancellationToken) =>
        KeyDay.Of(locator.KeyId, day, await _table.FindAsync(locator.AccountId, AccountRowKeys.Usage(locator.KeyId, day), select: null, logger, cancellationToken));

    /// <summary>What the days of a key say of its used units.</summary>
    public async Task<long> ReadUsedByDaysAsync(KeyLocator locator, CancellationToken cancellationToken)
    {
        var used = 0L;
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {locator.AccountId}") + " and " + AccountRowKeys.UsageOf(locator.KeyId);
        await foreach (var row in _table.QueryAsync<TableEntity>(filter, select: KeyDay.Properties([]), cancellationToken: cancellationToken))
        {
            used += KeyDay.UsedOf(row);
        }

        return used;
    }

    /// <summary>The days of a key, the first one first.</summary>
    /// <param name="locator">The key.</param>
    /// <param name="first">The first day (UTC, yyyyMMdd) to read.</param>
    /// <param name="last">The last day to read.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async IAsyncEnumerable<KeyDay> ReadDaysAsync(
        KeyLocator locator, int first, int last, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (from, to) = (AccountRowKeys.Usage(locator.KeyId, first), AccountRowKeys.Usage(locator.KeyId, last));
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {locator.AccountId} and RowKey ge {from} and RowKey le {to}");
        await foreach (var row in _table.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken))
        {
            yield return KeyDay.Of(locator.KeyId, AccountRowKeys.DayOfUsage(row.RowKey), row);
        }
    }

    /// <summary>What was compacted of a key, or of a pool itself.</summary>
    public async Task<KeySum> ReadSumAsync(string accountId, string keyId, CancellationToken cancellationToken) =>
        KeySum.Of(keyId, await _table.FindAsync(accountId, AccountRowKeys.Compacted(keyId), select: null, logger, cancellationToken));
}
