using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Usage;

/// <inheritdoc cref="IRefusalFolder"/>
/// <remarks>
/// One transaction writes the day and the sums that it is in, so a day is in the sums once, however often this runs and wherever it is
/// killed. Then the instances' rows go. Days are folded in their order, as the sums say by the last one which are in them. What an instance
/// writes after that is not counted: instances write nothing of a day before yesterday.
/// </remarks>
internal sealed class RefusalFolder(IRefusalStore store, TableServiceClient tables, StorageNames names) : IRefusalFolder
{
    private readonly TableClient _state = tables.GetTableClient(names.State);

    /// <inheritdoc/>
    public async Task FoldAsync(CancellationToken cancellationToken) =>
        await FoldAsync(store, await _state.NoteRunAsync("refusals", cancellationToken), cancellationToken);

    /// <summary>Folds the days that are two days back, or more.</summary>
    /// <param name="store">Where.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal static async Task FoldAsync(IRefusalStore store, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var last = LedgerRow.DayOf(now.AddDays(-2));
        var open = await store.ReadOpenAsync(isWhole: false, cancellationToken);
        foreach (var day in open.Where(row => row.Day <= last).GroupBy(row => row.Day).OrderBy(day => day.Key))
        {
            var (sums, version) = await store.ReadSumsAsync(cancellationToken);
            if (day.Key > sums.Through)
            {
                var counts = new RefusedCounts();
                foreach (var row in day)
                {
                    counts.Add(row.Counts);
                }

                if (!await store.TryFoldAsync(day.Key, counts, sums.Plus(day.Key, counts), version, cancellationToken))
                {
                    // Another instance is at it, or an unclear answer was a yes: the next run finds out
                    return;
                }
            }

            foreach (var row in day)
            {
                await store.DeleteAsync(row, cancellationToken);
            }
        }
    }
}
