using System.Globalization;
using Azure;
using Azure.Data.Tables;

namespace QuotaFunctions.Benchmarks.Loads;

/// <summary>What the service is compared to: read the counter, subtract, write it back under If-Match, and at once again where another was faster.</summary>
/// <param name="table">Where the counters are kept.</param>
/// <param name="counters">How many there are; each call takes from one of them.</param>
internal sealed class NaiveLoop(TableClient table, int counters)
{
    private const string Row = "counter";
    private const string Remaining = "Remaining";

    public async Task PrepareAsync()
    {
        await table.CreateIfNotExistsAsync();
        await Parallel.ForAsync(0, counters, async (counter, cancellationToken) =>
            await table.AddEntityAsync(new TableEntity(Partition(counter), Row) { [Remaining] = 1_000_000_000L }, cancellationToken));
    }

    public async Task<bool> TakeAsync(CancellationToken cancellationToken)
    {
        var partition = Partition(Random.Shared.Next(counters));
        while (true)
        {
            TableEntity counter = await table.GetEntityAsync<TableEntity>(partition, Row, cancellationToken: cancellationToken);
            counter[Remaining] = counter.GetInt64(Remaining)!.Value - 1;
            try
            {
                await table.UpdateEntityAsync(counter, counter.ETag, TableUpdateMode.Merge, cancellationToken);
                return true;
            }
            catch (RequestFailedException conflict) when (conflict.Status == 412)
            {
            }
        }
    }

    private static string Partition(int counter) => counter.ToString(CultureInfo.InvariantCulture);
}
