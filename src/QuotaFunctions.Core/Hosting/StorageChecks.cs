using Azure.Data.Tables;
using Azure.Storage.Queues;

namespace QuotaFunctions.Core.Hosting;

/// <summary>Looks for a row that is never there: well as soon as all tables are there and answer.</summary>
internal sealed class TableCheck(TableServiceClient tables, StorageNames names) : IDependencyCheck
{
    public string Name => "table";

    public bool IsVital => true;

    public Task CheckAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(names.Tables.Select(name => CheckAsync(tables.GetTableClient(name), cancellationToken)));

    private static async Task CheckAsync(TableClient table, CancellationToken cancellationToken)
    {
        // A query, as a look-up of one entity does not tell a missing row from a missing table
        await foreach (var page in table
            .QueryAsync<TableEntity>("PartitionKey eq 'health' and RowKey eq 'health'", maxPerPage: 1, ["RowKey"], cancellationToken)
            .AsPages())
        {
            return;
        }
    }
}

/// <summary>Asks for the audit queue's properties.</summary>
internal sealed class QueueCheck(QueueServiceClient queues) : IDependencyCheck
{
    public string Name => "queue";

    public bool IsVital => true;

    public Task CheckAsync(CancellationToken cancellationToken) =>
        queues.GetQueueClient(StorageNames.AuditEventsQueue).GetPropertiesAsync(cancellationToken);
}
