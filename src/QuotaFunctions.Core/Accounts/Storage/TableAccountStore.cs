using System.Collections.Immutable;
using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Accounts.Storage;

/// <summary>Accounts in Table Storage: one account is one partition, so that one transaction can change everything about it.</summary>
internal sealed class TableAccountStore(TableServiceClient tables, StorageNames names, ILogger<TableAccountStore> logger) : IAccountStore
{
    /// <summary>How often closing a lease is tried: its owner commits every few milliseconds, and each try has about an even chance.</summary>
    private const int MaxCloseAttempts = 50;

    private readonly TableClient _table = tables.GetTableClient(names.Accounts);

    public async Task<AccountState?> LoadAsync(string accountId, CancellationToken cancellationToken)
    {
        var isPool = KeyLocator.IsPoolId(accountId);
        var answer = await _table.ReadAsync(
            accountId, isPool ? AccountRowKeys.Pool : AccountRowKeys.Key(accountId), select: null, logger, cancellationToken);
        if (!answer.HasValue)
        {
            return null;
        }

        var row = answer.Value!;
        var key = isPool ? null : AccountEntity.ToKey(row);
        return new AccountState
        {
            AccountId = accountId,
            Head = AccountEntity.ToHead(row),
            Pool = isPool ? AccountEntity.ToPool(row) : null,
            Keys = key is null ? [] : ImmutableDictionary<string, KeyState?>.Empty.Add(accountId, key),
            ServiceTime = answer.GetRawResponse().Headers.Date ?? default,
        };
    }

    public async Task<KeyState?> LoadKeyAsync(KeyLocator locator, CancellationToken cancellationToken) =>
        await FindAsync(locator.AccountId, AccountRowKeys.Key(locator.KeyId), cancellationToken) is { } row ? AccountEntity.ToKey(row) : null;

    public async Task<bool> TryCommitAsync(AccountTransaction transaction, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await _table.SubmitTransactionAsync(Actions(transaction), cancellationToken);
            NoteVersions(transaction, answer.Value);
            transaction.CommittedAt = answer.GetRawResponse().Headers.Date ?? default;
            return true;
        }
        catch (RequestFailedException refused) when (refused.Status is 409 or 412 || refused.ErrorCode == TableErrorCode.ResourceNotFound)
        {
            return false;
        }
    }

    public async Task<LedgerRow?> FindCommitAsync(string accountId, long sequence, CancellationToken cancellationToken) =>
        await FindAsync(accountId, AccountRowKeys.Commit(sequence), cancellationToken) is { } row ? LedgerEntity.ToRow(row) : null;

    public async Task<IdempotencyRecord?> FindIdempotencyRecordAsync(KeyLocator locator, string idempotencyKey, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // On the days that its lifetime may span, and the next, where the account's clock is ahead. Where it was used again, the last counts.
        var days = new[] { -1, 0, 1 }.Select(offset => LedgerRow.DayOf(now.AddDays(offset)));
        var rows = await Task.WhenAll(days.Select(day => FindAsync(locator.AccountId, AccountRowKeys.Idempotency(day, locator.KeyId, idempotencyKey), cancellationToken)));
        return rows.OfType<TableEntity>().Select(row => ToIdempotency(row, idempotencyKey)).OfType<IdempotencyRecord>().MaxBy(record => record.At);
    }

    public async Task<SideRow.SettlementMarker?> FindSettlementAsync(KeyLocator locator, ChargeId charge, CancellationToken cancellationToken) =>
        await FindAsync(locator.AccountId, AccountRowKeys.Settled(locator.KeyId, charge), cancellationToken) is { } row
            ? new SideRow.SettlementMarker(locator.KeyId, charge, row.GetInt64("Cost") ?? 0, (Repetition)(row.GetInt32("Repetition") ?? 0))
            : null;

    public async Task<IReadOnlyList<LeaseState>> ReadLeasesAsync(string accountId, CancellationToken cancellationToken)
    {
        var leases = new List<LeaseState>();
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {accountId}") + " and " + AccountRowKeys.AllLeases;
        await foreach (var row in _table.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken))
        {
            leases.Add(AccountEntity.ToLease(row));
        }

        return leases;
    }

    public async Task<LeaseState?> FindLeaseAsync(string accountId, string leaseId, CancellationToken cancellationToken) =>
        await FindAsync(accountId, AccountRowKeys.Lease(leaseId), cancellationToken) is { } row ? AccountEntity.ToLease(row) : null;

    public async Task CloseLeaseAsync(LeaseState lease, CancellationToken cancellationToken)
    {
        var name = AccountRowKeys.Lease(lease.Id);
        for (var attempt = 0; attempt < MaxCloseAttempts; attempt++)
        {
            // Its owner commits every few milliseconds: no more than what is needed is read before the next try.
            var found = await _table.ReadAsync(lease.AccountId, name, [AccountEntity.IsClosed], logger, cancellationToken);
            if (!found.HasValue || found.Value!.GetBoolean(AccountEntity.IsClosed) is true)
            {
                return;
            }

            try
            {
                var row = new TableEntity(lease.AccountId, name) { [AccountEntity.IsClosed] = true };
                await _table.UpdateEntityAsync(row, VersionOf(found.GetRawResponse()), TableUpdateMode.Merge, cancellationToken);
                return;
            }
            catch (RequestFailedException refused) when (refused.Status == 412)
            {
                // Its owner was faster.
            }
            catch (RequestFailedException gone) when (gone.ErrorCode == TableErrorCode.ResourceNotFound)
            {
                return;
            }
        }

        throw new TimeoutException("The lease is committed on too often to be closed.");
    }

    public Task<bool> TryAddKeyAsync(KeyState key, CancellationToken cancellationToken) => TryAddAsync(AccountEntity.Of(key), cancellationToken);

    public Task<bool> TryAddPoolAsync(PoolState pool, CancellationToken cancellationToken)
    {
        var row = new TableEntity(pool.Id, AccountRowKeys.Pool);
        AccountEntity.WriteRecord(row, pool);
        AccountEntity.WriteCounters(row, pool.Balance);
        AccountEntity.WriteHead(row, new LedgerHead(0, Guid.Empty, pool.CreatedAt));
        return TryAddAsync(row, cancellationToken);
    }

    private static IdempotencyRecord? ToIdempotency(TableEntity row, string idempotencyKey) => ChargeId.TryParse(row.GetString("Charge"), out var charge)
        ? new IdempotencyRecord(
            idempotencyKey, row.GetString("RequestHash"), charge, row.GetInt64("Cost") ?? 0, row.GetDateTimeOffset("At") ?? default,
            ChargeId.TryParse(row.GetString("Again"), out var again) ? new RepeatedCall(again, row.GetDateTimeOffset("AgainAt") ?? default) : null)
        : null;

    private static List<TableTransactionAction> Actions(AccountTransaction transaction)
    {
        var account = transaction.AccountId;
        var actions = new List<TableTransactionAction>(2 + transaction.ChangedKeys.Count + transaction.SideRows.Count);
        if (transaction.Lease is { } lease)
        {
            actions.Add(new TableTransactionAction(TableTransactionActionType.UpdateMerge, AccountEntity.Spent(lease), lease.Version));
        }

        foreach (var key in transaction.ChangedKeys)
        {
            var row = new TableEntity(account, AccountRowKeys.Key(key.Locator.KeyId));
            AccountEntity.WriteCounters(row, key);
            if (key.RecordChanged)
            {
                AccountEntity.WriteRecord(row, key);
            }

            if (transaction.Pool is null)
            {
                AccountEntity.WriteHead(row, transaction.NextHead);
            }
            else
            {
                AccountEntity.WriteSequence(row, transaction.Row.Sequence);
            }

            actions.Add(new TableTransactionAction(TableTransactionActionType.UpdateMerge, row, key.Version));
        }

        if (transaction.Pool is { } pool)
        {
            var row = new TableEntity(account, AccountRowKeys.Pool);
            AccountEntity.WriteCounters(row, pool.Balance);
            if (pool.RecordChanged)
            {
                AccountEntity.WriteRecord(row, pool);
            }

            AccountEntity.WriteHead(row, transaction.NextHead);
            actions.Add(new TableTransactionAction(TableTransactionActionType.UpdateMerge, row, pool.Version));
        }

        actions.Add(new TableTransactionAction(TableTransactionActionType.Add, LedgerEntity.Of(account, transaction.Row)));
        actions.AddRange(transaction.SideRows.Select(row => Action(account, row)));

        // Azurite would take more; the service refuses the whole.
        return actions.Count <= AccountTransaction.MaxRows ? actions : throw new InvalidOperationException("A commit may not have more than 100 rows.");
    }

    private static TableTransactionAction Action(string account, SideRow row)
    {
        switch (row)
        {
            case SideRow.SettlementMarker settled:
                return new(TableTransactionActionType.Add, AccountEntity.Of(account, settled));
            case SideRow.Idempotency idempotency:
                var (_, hash, charge, cost, at, again) = idempotency.Record;
                var remembered = new TableEntity(account, AccountRowKeys.Idempotency(idempotency.Record.Day, idempotency.KeyId, idempotency.Record.IdempotencyKey))
                {
                    ["RequestHash"] = hash,
                    ["Charge"] = charge.ToString(),
                    ["Cost"] = cost,
                    ["At"] = at,
                };
                if (again is not null)
                {
                    remembered["Again"] = again.Charge.ToString();
                    remembered["AgainAt"] = again.At;
                }

                return new(TableTransactionActionType.UpsertReplace, remembered);
            case SideRow.Granted granted:
                return new(TableTransactionActionType.Add, AccountEntity.Of(granted.Lease));
            case SideRow.Ended ended:
                return new(TableTransactionActionType.Delete, new TableEntity(account, AccountRowKeys.Lease(ended.Lease.Id)), ended.Lease.Version);
            default:
                throw new ArgumentOutOfRangeException(nameof(row));
        }
    }

    private static void NoteVersions(AccountTransaction transaction, IReadOnlyList<Response> answers)
    {
        // In the order of Actions.
        var next = 0;
        if (transaction.Lease is { } lease)
        {
            lease.Version = VersionOf(answers[next]);
            return;
        }

        foreach (var key in transaction.ChangedKeys)
        {
            key.Version = VersionOf(answers[next++]);
        }

        if (transaction.Pool is { } pool)
        {
            pool.Version = VersionOf(answers[next++]);
        }

        // The ledger's row.
        next++;
        foreach (var row in transaction.SideRows)
        {
            if (row is SideRow.Granted granted)
            {
                granted.Lease.Version = VersionOf(answers[next]);
            }

            next++;
        }
    }

    private static ETag VersionOf(Response answer) => answer.Headers.ETag ?? default;

    private Task<TableEntity?> FindAsync(string partition, string row, CancellationToken cancellationToken) =>
        _table.FindAsync(partition, row, select: null, logger, cancellationToken);

    private async Task<bool> TryAddAsync(TableEntity row, CancellationToken cancellationToken)
    {
        try
        {
            await _table.AddEntityAsync(row, cancellationToken);
            return true;
        }
        catch (RequestFailedException refused) when (refused.ErrorCode == TableErrorCode.EntityAlreadyExists)
        {
            return false;
        }
    }
}
