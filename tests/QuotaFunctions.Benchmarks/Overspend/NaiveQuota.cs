using System.Globalization;
using Azure;
using Azure.Data.Tables;

namespace QuotaFunctions.Benchmarks.Overspend;

/// <summary>
/// The naive loop: read the counter, subtract, write it back under If-Match, and at once again where another was faster. A row for each
/// charge goes into the same transaction, to tell who was charged.
/// </summary>
internal sealed class NaiveQuota(TableClient table) : IQuota
{
    private const string Partition = "naive";
    private const string Counter = "counter";
    private const string Remaining = "Remaining";
    private const string Quota = "Quota";
    private const string Request = "Request";

    public async Task PrepareAsync(long quota)
    {
        await table.CreateIfNotExistsAsync();
        await table.AddEntityAsync(new TableEntity(Partition, Counter) { [Remaining] = quota, [Quota] = quota });
    }

    public async Task<bool> TakeAsync(string request, CancellationToken cancellationToken)
    {
        while (true)
        {
            TableEntity counter = await table.GetEntityAsync<TableEntity>(Partition, Counter, cancellationToken: cancellationToken);
            var remaining = counter.GetInt64(Remaining)!.Value;
            if (remaining <= 0)
            {
                return false;
            }

            counter[Remaining] = remaining - 1;
            var charge = new TableEntity(Partition, Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture)) { [Request] = request };
            try
            {
                await table.SubmitTransactionAsync(
                    [new TableTransactionAction(TableTransactionActionType.UpdateMerge, counter, counter.ETag), new TableTransactionAction(TableTransactionActionType.Add, charge)],
                    cancellationToken);
                return true;
            }
            catch (RequestFailedException conflict) when (conflict.Status == 412)
            {
            }
        }
    }

    public async Task<Books> ReadBooksAsync()
    {
        TableEntity counter = await table.GetEntityAsync<TableEntity>(Partition, Counter);
        var charges = new List<string>();
        await foreach (var row in table.QueryAsync<TableEntity>(row => row.PartitionKey == Partition && row.RowKey != Counter))
        {
            charges.Add(row.GetString(Request));
        }

        return new Books(counter.GetInt64(Quota)!.Value - counter.GetInt64(Remaining)!.Value, charges);
    }
}
