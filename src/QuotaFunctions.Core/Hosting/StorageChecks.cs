using Azure.Data.Tables;
using Azure.Storage.Queues;

namespace QuotaFunctions.Core.Hosting;

/// <summary>Looks for a row that is never there: well as soon as all tables are there and answer.</summary>
internal sealed class TableCheck(TableServiceClient tables, StorageNames names) : DependencyCheck
{
    /// <inheritdoc/>
    protected override Task AskAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(names.Tables.Select(name => AskAsync(tables.GetTableClient(name), cancellationToken)));

    private static async Task AskAsync(TableClient table, CancellationToken cancellationToken)
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

/// <summary>Asks for every queue's properties: well as soon as all queues are there and answer.</summary>
internal sealed class QueueCheck(QueueServiceClient queues) : DependencyCheck
{
    /// <inheritdoc/>
    protected override Task AskAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(StorageNames.Queues.Select(name => queues.GetQueueClient(name).GetPropertiesAsync(cancellationToken)));
}
