using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Transfer;

/// <summary>The records of a pool and its keys, all as of one commit, however many charges come meanwhile.</summary>
/// <remarks>
/// They are read one after the other, and meanwhile charges go on. So each key's record is taken on to the commit that the pool's own record, read last, is
/// of: the ledger says what was done to it in between. What it does not say, an admin's act, is rare, and then the key is read again.
/// The compaction must not take anything of the ledger away meanwhile: who reads the sums before and after finds that out.
/// </remarks>
internal sealed class PoolRecords(TableClient accounts, string poolId, ILogger logger) : IDisposable
{
    // A pool may have more keys than the memory takes records
    private readonly FileStream _rows = TemporaryFile.Create();

    /// <summary>The keys in the order of their rows, and the commit that each of them was read as of.</summary>
    private readonly Dictionary<string, long> _keys = [];

    private readonly Dictionary<string, TableEntity> _readAgain = [];
    private readonly Dictionary<string, List<(LedgerRow Commit, int Index, bool IsOfHold)>> _later = [];
    private readonly HashSet<LedgerPosition> _holds = [];
    private TableEntity? _pool;

    /// <summary>Reads them, and the ledger as far as they go. False where there is no such pool.</summary>
    /// <param name="addCommit">Takes a row of the ledger.</param>
    /// <param name="goOnAsync">Is called before each row.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task<bool> ReadAsync(Action<TableEntity> addCommit, Func<Task> goOnAsync, CancellationToken cancellationToken)
    {
        if (!await ReadPoolAsync(cancellationToken))
        {
            return false;
        }

        var before = AccountEntity.SequenceOf(_pool!);
        await foreach (var row in QueryAsync(AccountRowKeys.AllKeys, cancellationToken))
        {
            await goOnAsync();
            RowLine.Write(_rows, ExportFormat.Accounts, row);
            _keys.Add(AccountRowKeys.KeyOf(row.RowKey)!, Math.Max(before, AccountEntity.SequenceOf(row)));
        }

        var next = 0L;
        HashSet<string> unclear;
        do
        {
            if (!await ReadPoolAsync(cancellationToken))
            {
                return false;
            }

            var last = AccountEntity.SequenceOf(_pool!);
            unclear = [];
            await foreach (var row in QueryAsync(AccountRowKeys.CommitsBetween(next, last), cancellationToken))
            {
                await goOnAsync();
                addCommit(row);
                Note(LedgerReader.ToCommit(row).Row, unclear);
            }

            foreach (var keyId in unclear)
            {
                await ReadAgainAsync(keyId, last, cancellationToken);
            }

            next = last + 1;
        }
        while (unclear.Count > 0);
        return true;
    }

    /// <summary>The records, the pool's own as the last one.</summary>
    public IEnumerable<TableEntity> ToRows()
    {
        using var lines = TemporaryFile.ReadLines(_rows, ExportFormat.MaxLineBytes).GetEnumerator();
        foreach (var (keyId, readAsOf) in _keys)
        {
            var line = lines.MoveNext() ? lines.Current : null;
            if ((_readAgain.GetValueOrDefault(keyId) ?? ToRow(line)) is { } row)
            {
                yield return TakeOn(row, _later.GetValueOrDefault(keyId)?.Where(entry => entry.Commit.Sequence > readAsOf) ?? []);
            }
        }

        yield return _pool!;
    }

    /// <inheritdoc/>
    public void Dispose() => _rows.Dispose();

    private static TableEntity? ToRow(byte[]? line)
    {
        if (line is null)
        {
            return null;
        }

        using var json = JsonDocument.Parse(line);
        return RowLine.Read(json.RootElement).Row;
    }

    private static TableEntity TakeOn(TableEntity row, IEnumerable<(LedgerRow Commit, int Index, bool IsOfHold)> later)
    {
        KeyState? key = null;
        foreach (var (commit, index, isOfHold) in later)
        {
            KeyReplay.Apply(key ??= AccountEntity.ToKey(row), commit, index, isOfHold);
            AccountEntity.WriteSequence(row, commit.Sequence);
        }

        if (key is not null)
        {
            AccountEntity.WriteCounters(row, key);
        }

        return row;
    }

    /// <summary>Reads the pool's own record, which every commit changes: none that was read before is of a later one.</summary>
    private async Task<bool> ReadPoolAsync(CancellationToken cancellationToken)
    {
        var newest = _keys.Values.DefaultIfEmpty().Max();
        do
        {
            _pool = await accounts.FindAsync(poolId, AccountRowKeys.Pool, select: null, logger, cancellationToken);
        }
        while (_pool is not null && AccountEntity.SequenceOf(_pool) < newest);
        return _pool is not null;
    }

    /// <summary>Notes what a commit did to keys that were read before it.</summary>
    private void Note(LedgerRow commit, HashSet<string> unclear)
    {
        for (var index = 0; index < commit.Entries.Count; index++)
        {
            var entry = commit.Entries[index];
            if (entry.HoldUntil > 0)
            {
                _holds.Add(new LedgerPosition(commit.Sequence, index));
            }

            if (entry.KeyId == poolId || commit.Sequence <= _keys.GetValueOrDefault(entry.KeyId))
            {
                continue;
            }

            if (!_keys.ContainsKey(entry.KeyId) || !KeyReplay.Knows(entry))
            {
                unclear.Add(entry.KeyId);
            }

            if (!_later.TryGetValue(entry.KeyId, out var entries))
            {
                _later.Add(entry.KeyId, entries = []);
            }

            entries.Add((commit, index, entry.SettledCharge is { } charge && _holds.Contains(charge.Place)));
        }
    }

    private async Task ReadAgainAsync(string keyId, long sequence, CancellationToken cancellationToken)
    {
        if (await accounts.FindAsync(poolId, AccountRowKeys.Key(keyId), select: null, logger, cancellationToken) is { } row)
        {
            _readAgain[keyId] = row;
            _keys[keyId] = Math.Max(sequence, AccountEntity.SequenceOf(row));
        }
    }

    private AsyncPageable<TableEntity> QueryAsync(string rows, CancellationToken cancellationToken) => accounts.QueryAsync<TableEntity>(
        TableClient.CreateQueryFilter($"PartitionKey eq {poolId}") + $" and {rows}", cancellationToken: cancellationToken);
}
