using Azure.Data.Tables;
using Azure.Storage.Queues;

namespace QuotaFunctions.Core.Hosting;

/// <summary>The tables and queues that the service needs.</summary>
public interface IStorageSetup
{
    /// <summary>Makes those that are missing.</summary>
    Task CreateAsync(CancellationToken cancellationToken);

    /// <summary>Which are there.</summary>
    Task<StorageParts> ReadAsync(CancellationToken cancellationToken);
}

/// <summary>The tables and queues, and whether they are there.</summary>
/// <param name="Tables">By their names, with the prefix.</param>
/// <param name="Queues">By their names.</param>
public sealed record StorageParts(IReadOnlyDictionary<string, bool> Tables, IReadOnlyDictionary<string, bool> Queues);

/// <inheritdoc cref="IStorageSetup"/>
internal sealed class StorageSetup(TableServiceClient tables, QueueServiceClient queues, StorageNames names) : IStorageSetup
{
    /// <inheritdoc/>
    public Task CreateAsync(CancellationToken cancellationToken) => Task.WhenAll(
    [
        .. names.Tables.Select(name => (Task)tables.GetTableClient(name).CreateIfNotExistsAsync(cancellationToken)),
        .. StorageNames.Queues.Select(name => (Task)queues.GetQueueClient(name).CreateIfNotExistsAsync(cancellationToken: cancellationToken)),
    ]);

    /// <inheritdoc/>
    public async Task<StorageParts> ReadAsync(CancellationToken cancellationToken)
    {
        var there = await tables.QueryAsync(cancellationToken: cancellationToken).Select(table => table.Name).ToHashSetAsync(StringComparer.OrdinalIgnoreCase, cancellationToken);
        var thereQueues = await queues.GetQueuesAsync(cancellationToken: cancellationToken).Select(queue => queue.Name).ToHashSetAsync(cancellationToken: cancellationToken);
        return new StorageParts(names.Tables.ToDictionary(name => name, there.Contains), StorageNames.Queues.ToDictionary(name => name, thereQueues.Contains));
    }
}
