using Azure;
using Azure.Data.Tables;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Auditing;

/// <summary>The forwarded charges of this process that are not settled yet: as long as there are any, it must be known to live.</summary>
internal sealed class OpenCharges
{
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public void Open() => Interlocked.Increment(ref _count);

    public void Close() => Interlocked.Decrement(ref _count);
}

/// <summary>This process, by the name that its commits carry.</summary>
internal sealed record InstanceIdentity(string Id)
{
    public static InstanceIdentity New() => new(Guid.NewGuid().ToString("N")[..16]);
}

/// <summary>The rows by which processes are known to live; their time is the service's, so that no clock of ours matters.</summary>
internal sealed class InstanceTable(TableServiceClient tables, StorageNames names)
{
    private const string Partition = "instance";

    private readonly TableClient _table = tables.GetTableClient(names.State);

    /// <summary>Says that a process lives. Returns the service's time.</summary>
    public async Task<DateTimeOffset?> BeatAsync(string id, CancellationToken cancellationToken) =>
        (await _table.UpsertEntityAsync(new TableEntity(Partition, id), TableUpdateMode.Replace, cancellationToken)).Headers.Date;

    /// <summary>When each process was last known to live.</summary>
    public async Task<Dictionary<string, DateTimeOffset>> ReadAsync(CancellationToken cancellationToken)
    {
        var seen = new Dictionary<string, DateTimeOffset>();
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {Partition}");
        await foreach (var row in _table.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken))
        {
            seen[row.RowKey] = row.Timestamp ?? default;
        }

        return seen;
    }

    public Task RemoveAsync(string id, CancellationToken cancellationToken) =>
        _table.DeleteEntityAsync(Partition, id, ETag.All, cancellationToken);
}

/// <summary>Says every 15 s that this process lives, as long as it has charges to settle: an idle one costs nothing.</summary>
internal sealed partial class Heartbeat(
    OpenCharges openCharges, InstanceTable instances, InstanceIdentity self, TimeProvider clock, ILogger<Heartbeat> logger)
    : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(15);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (openCharges.Count <= 0)
            {
                continue;
            }

            try
            {
                await instances.BeatAsync(self.Id, stoppingToken);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(logger, failure.GetType().Name);
            }
        }
    }

    [LoggerMessage(2101, LogLevel.Warning, "This instance could not say that it lives ({Failure}); trying again in 15 s.")]
    private static partial void LogFailed(ILogger logger, string failure);
}
