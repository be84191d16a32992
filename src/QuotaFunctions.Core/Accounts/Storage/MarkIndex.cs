using Azure.Data.Tables;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Accounts.Storage;

/// <summary>Which accounts have marks of settled charges and of Idempotency-Keys, by the day (UTC, yyyyMMdd) that the marks' names begin with.</summary>
internal sealed class MarkIndex(TableServiceClient tables, StorageNames names)
{
    /// <summary>How long a mark is kept at the least, and a day's marks after the day's end.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(25);

    private readonly TableClient _table = tables.GetTableClient(names.State);
    private readonly WorkIndex _days = new(tables.GetTableClient(names.State), "marks");

    /// <summary>Says that an account is about to get marks of a day.</summary>
    public async Task MarkAsync(int day, string accountId, CancellationToken cancellationToken)
    {
        // The account first: a job that finds no account removes the day, unless the day was named again.
        await AccountsOf(NameOf(day)).MarkAsync(accountId, cancellationToken);
        await _days.MarkAsync(NameOf(day), cancellationToken);
    }

    /// <summary>The days that have marks.</summary>
    public Task<IReadOnlyList<WorkMark>> ReadDaysAsync(CancellationToken cancellationToken) => _days.ReadAsync(cancellationToken);

    /// <summary>The accounts that have marks of a day.</summary>
    public Task<IReadOnlyList<WorkMark>> ReadAccountsAsync(WorkMark day, CancellationToken cancellationToken) => AccountsOf(day.Name).ReadAsync(cancellationToken);

    /// <summary>Takes an account out that has no mark of a day any more.</summary>
    public Task RemoveAccountAsync(WorkMark day, WorkMark account, CancellationToken cancellationToken) =>
        AccountsOf(day.Name).RemoveAsync(account, cancellationToken);

    /// <summary>Takes a day out that no account has marks of any more.</summary>
    public Task RemoveDayAsync(WorkMark day, CancellationToken cancellationToken) => _days.RemoveAsync(day, cancellationToken);

    private static string NameOf(int day) => day.ToString("D8", System.Globalization.CultureInfo.InvariantCulture);

    private WorkIndex AccountsOf(string day) => new(_table, "marks-" + day);
}
