using System.Globalization;
using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Jobs;

namespace QuotaFunctions.Core.Auditing;

/// <summary>Deletes marks of settled charges and of Idempotency-Keys that are too old to matter.</summary>
public interface IExpiredMarks
{
    /// <summary>Goes through the days that are over for long enough, and the accounts that had marks on them. May be repeated, and run on several instances at a time.</summary>
    Task DeleteAsync(CancellationToken cancellationToken);
}

/// <inheritdoc cref="IExpiredMarks"/>
internal sealed class ExpiredMarks(
    TableServiceClient tables, StorageNames names, MarkIndex marks, IAccountStore store, LedgerReader books, AccountJobs jobs) : IExpiredMarks
{
    /// <summary>For how long the end of a charge may still be told: a message lives for a week.</summary>
    private static readonly TimeSpan ProvisionalLifetime = TimeSpan.FromDays(8);

    private readonly TableClient _accounts = tables.GetTableClient(names.Accounts);
    private readonly TableClient _state = tables.GetTableClient(names.State);

    /// <inheritdoc/>
    public async Task DeleteAsync(CancellationToken cancellationToken)
    {
        var days = await marks.ReadDaysAsync(cancellationToken);
        if (days.Count == 0)
        {
            return;
        }

        var now = await _state.NoteRunAsync("expired-marks", cancellationToken);
        foreach (var day in days.Where(day => EndOf(day.Name) + MarkIndex.Lifetime < now))
        {
            var accounts = await marks.ReadAccountsAsync(day, cancellationToken);
            if (accounts.Count == 0 && day.IsSettled(now))
            {
                await marks.RemoveDayAsync(day, cancellationToken);
                continue;
            }

            await jobs.ForEachAsync(
                "delete its old marks", accounts, account => account.Name, (account, token) => DeleteAsync(day, account, now, token), cancellationToken);
        }
    }

    private async Task DeleteAsync(WorkMark day, WorkMark account, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var expired = new List<TableEntity>();
        var isAll = true;
        HashSet<long>? open = null;
        foreach (var kind in AccountRowKeys.MarksOf(day.Name))
        {
            var filter = TableClient.CreateQueryFilter($"PartitionKey eq {account.Name}") + " and " + kind;
            await foreach (var mark in _accounts.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken))
            {
                // Without the mark, a sweep that finds the charge in the ledger would settle it again.
                if (AccountRowKeys.SettledCharge(mark.RowKey) is { } charge
                    && (open ??= await ReadOpenAsync(account.Name, cancellationToken)).Contains(charge.Sequence))
                {
                    isAll = false;
                }
                else if (mark.Timestamp + (AccountRowKeys.IsProvisional(mark.RowKey) ? ProvisionalLifetime : MarkIndex.Lifetime) < now)
                {
                    expired.Add(mark);
                }
                else
                {
                    isAll = false;
                }
            }
        }

        if (await ExpiredRows.TryDeleteAsync(_accounts, expired, cancellationToken) && isAll && account.IsSettled(now))
        {
            await marks.RemoveAccountAsync(day, account, cancellationToken);
        }
    }

    /// <summary>The numbers of the commits that stand in an account's ledger, and of the pages on its leases.</summary>
    private async Task<HashSet<long>> ReadOpenAsync(string accountId, CancellationToken cancellationToken)
    {
        // The leases first: a page becomes a row, never the other way round.
        var leases = await store.ReadLeasesAsync(accountId, cancellationToken);
        var open = leases.Select(lease => lease.Sequence).ToHashSet();
        open.UnionWith(await books.ReadOpenNumbersAsync(accountId, cancellationToken));
        return open;
    }

    private static DateTimeOffset EndOf(string day) =>
        DateTimeOffset.ParseExact(day, "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal).AddDays(1);
}
