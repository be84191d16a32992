using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;

namespace QuotaFunctions.Core.Transfer;

/// <summary>Writes accounts, one after the other, with all that the service makes of them elsewhere.</summary>
/// <remarks>
/// An account begins with a mark that names the import, and ends with its head. Without a head nothing of it serves, is swept or compacted: so
/// its rows may be written again, however far an earlier try came. What points to it comes before the head (secrets, so that none is lost), or after
/// it (what has the service look at it), and is done again by every repetition.
/// </remarks>
internal sealed class AccountImport(
    string import, ImportPlan plan, TableServiceClient tables, StorageNames names, IKeyDirectory directory, SecretEndings endings, KeyIndex index, AuditIndex auditIndex,
    OpenAccountIndex open, ChangedUsageIndex changed, MarkIndex marks, TimeProvider clock)
{
    /// <summary>What a transaction may come to, in characters: well below the 4 MiB that it may have.</summary>
    private const int MaxTransaction = 1_000_000;

    private readonly List<TableEntity> _waiting = [];
    private readonly HashSet<string> _waitingNames = [];
    private readonly HashSet<int> _markDays = [];
    private string _waitingTable = "";
    private long _waitingSize;
    private string? _account;

    /// <summary>Makes one for a worker of an import.</summary>
    public delegate AccountImport Factory(string import, ImportPlan plan);

    /// <summary>Writes a line's rows, where the plan says so. What can wait is written together.</summary>
    public async Task WriteAsync(ImportLine line, CancellationToken cancellationToken)
    {
        if (line.Account is not { } account)
        {
            await TryAddAsync(line.Table == ExportFormat.AdminAudit ? names.AdminAudit : names.Subscriptions, line.Rows[0], cancellationToken);
            return;
        }

        var fate = plan.Of(account);
        if (fate == ImportPlan.Fate.New)
        {
            await BeginAsync(account, cancellationToken);
            foreach (var row in line.Rows)
            {
                await WriteAsync(line.Table, row, cancellationToken);
            }
        }

        if (fate != ImportPlan.Fate.Conflict && line.IsHead)
        {
            await EndAsync(account, line.Rows[^1], cancellationToken);
        }
    }

    /// <summary>Writes what waits.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (_waiting.Count == 0)
        {
            return;
        }

        if (_waitingTable == ExportFormat.Log)
        {
            await auditIndex.AddAsync(_waiting.SelectMany(ToEvents), cancellationToken);
        }

        var table = tables.GetTableClient(_waitingTable == ExportFormat.Log ? names.Audit : names.Accounts);
        await table.SubmitTransactionAsync(_waiting.Select(row => new TableTransactionAction(TableTransactionActionType.UpsertReplace, row)), cancellationToken);
        var days = _waiting.Where(row => _waitingTable == ExportFormat.Accounts && AccountRowKeys.IsUsage(row.RowKey))
            .Select(row => (AccountRowKeys.CountedIn(row.RowKey)!, AccountRowKeys.DayOfUsage(row.RowKey))).ToList();
        await changed.EnsureAsync(days, cancellationToken);
        _waiting.Clear();
        _waitingNames.Clear();
        _waitingSize = 0;
    }

    private static IEnumerable<AuditEvent> ToEvents(TableEntity row)
    {
        var key = AuditTable.KeyOf(row);
        return AuditTable.ReadAll(row).Select(logged => new AuditEvent
        {
            AccountId = KeyLocator.AccountOf(key),
            KeyId = key,
            Id = logged.Id,
            Phase = logged.Phase,
            Entry = logged.Entry,
        });
    }

    private async Task BeginAsync(string account, CancellationToken cancellationToken)
    {
        if (account == _account)
        {
            return;
        }

        await FlushAsync(cancellationToken);
        await tables.GetTableClient(names.Accounts).UpsertEntityAsync(ImportMark.OfBegun(account, import), TableUpdateMode.Replace, cancellationToken);
        _markDays.Clear();
        _account = account;
    }

    private async Task WriteAsync(string table, TableEntity row, CancellationToken cancellationToken)
    {
        if (table == ExportFormat.Accounts && (row.RowKey == AccountRowKeys.Pool || AccountRowKeys.KeyOf(row.RowKey) is not null))
        {
            await FlushAsync(cancellationToken);
            await WriteRecordAsync(row, cancellationToken);
            return;
        }

        var size = row.Sum(value => value.Key.Length + (value.Value is string text ? text.Length : 30));
        if (_waiting.Count > 0
            && (table != _waitingTable || row.PartitionKey != _waiting[0].PartitionKey || _waitingNames.Contains(row.RowKey)
                || _waiting.Count == AccountTransaction.MaxRows || _waitingSize + size > MaxTransaction))
        {
            await FlushAsync(cancellationToken);
        }

        if (table == ExportFormat.Accounts && AccountRowKeys.DayOfMark(row.RowKey) is { } day && _markDays.Add(day))
        {
            await marks.MarkAsync(day, row.PartitionKey, cancellationToken);
        }

        _waitingTable = table;
        _waiting.Add(row);
        _waitingNames.Add(row.RowKey);
        _waitingSize += size;
    }

    /// <summary>Adds the record of a key or a pool. Its secrets come before it: on their own they open nothing.</summary>
    private async Task WriteRecordAsync(TableEntity row, CancellationToken cancellationToken)
    {
        if (AccountRowKeys.KeyOf(row.RowKey) is not { } keyId)
        {
            await index.ActAsync(row.PartitionKey, () => TryAddAsync(names.Accounts, row, cancellationToken), cancellationToken);
            return;
        }

        var key = AccountEntity.ToKey(row);
        foreach (var secret in key.Secrets)
        {
            await directory.AddAsync(KeySecret.OfHash(secret.Hash), key.Locator, cancellationToken);
            if (secret.ExpiresAt is { } ends)
            {
                await endings.AddAsync(secret.Hash, key.Locator, ends, cancellationToken);
            }
        }

        await index.ActAsync(keyId, () => TryAddAsync(names.Accounts, row, cancellationToken), cancellationToken);
        await ShowUsageAsync(row, keyId, cancellationToken);
    }

    /// <summary>Has the service look at an account that is there now: what is left in its ledger is swept.</summary>
    private async Task EndAsync(string account, TableEntity head, CancellationToken cancellationToken)
    {
        if (AccountEntity.ToHead(head).Sequence > 0)
        {
            await open.MarkAsync(account, cancellationToken);
        }

        if (AccountRowKeys.KeyOf(head.RowKey) is { } keyId)
        {
            await ShowUsageAsync(head, keyId, cancellationToken);
        }
    }

    /// <summary>Has usage show a key that was ever used.</summary>
    private async Task ShowUsageAsync(TableEntity row, string keyId, CancellationToken cancellationToken)
    {
        if (AccountEntity.ToKey(row) is { Balance.Used: > 0 } or { LastUsedAt: not null })
        {
            await changed.EnsureAsync([(keyId, LedgerRow.DayOf(clock.GetUtcNow()))], cancellationToken);
        }
    }

    private async Task<bool> TryAddAsync(string table, TableEntity row, CancellationToken cancellationToken)
    {
        try
        {
            await tables.GetTableClient(table).AddEntityAsync(row, cancellationToken);
            return true;
        }
        catch (RequestFailedException there) when (there.ErrorCode == TableErrorCode.EntityAlreadyExists)
        {
            return false;
        }
    }
}
