using Azure;
using Azure.Data.Tables;

namespace QuotaFunctions.Benchmarks;

/// <summary>What the engine is compared to: read the counter, subtract, write it back under If-Match, and at once again where another was faster.</summary>
internal sealed class NaiveLoop(TableClient table)
{
    private const string Partition = "naive";
    private const string Row = "counter";
    private const string Remaining = "Remaining";

    public async Task PrepareAsync()
    {
        await table.CreateIfNotExistsAsync();
        await table.AddEntityAsync(new TableEntity(Partition, Row) { [Remaining] = 1_000_000_000L });
    }

    public async Task<bool> TakeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            TableEntity counter = await table.GetEntityAsync<TableEntity>(Partition, Row, cancellationToken: cancellationToken);
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
}
