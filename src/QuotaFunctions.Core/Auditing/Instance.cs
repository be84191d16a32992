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

/// <summary>What is known of the processes of the service, at the moment of one look.</summary>
/// <param name="Now">The moment, by the service's clock.</param>
/// <param name="Seen">When each was last known to live; the one that looks, now.</param>
/// <param name="LastLook">When somebody looked before.</param>
internal sealed record Fleet(DateTimeOffset Now, IReadOnlyDictionary<string, DateTimeOffset> Seen, DateTimeOffset? LastLook)
{
    /// <summary>How long a process may be silent before it is taken to be dead.</summary>
    public static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(60);

    /// <summary>Within this time a process that lives has said so again, once storage is back: it tries every second.</summary>
    private static readonly TimeSpan ReturnTime = TimeSpan.FromSeconds(15);

    /// <summary>
    /// True where a process is dead, as far as can be known. While storage does not answer, those that live cannot say so: their silence
    /// means nothing unless somebody reached storage a while ago, long enough for them to have said so since, and not so long that storage
    /// may have been away meanwhile for all of their silence.
    /// </summary>
    public bool IsSilent(string instance) =>
        LastLook + ReturnTime <= Now && LastLook + SilenceLimit >= Now
        && (!Seen.TryGetValue(instance, out var lastSeen) || lastSeen + SilenceLimit < Now);
}

/// <summary>The rows by which processes are known to live; their time is the service's, so that no clock of ours matters.</summary>
internal sealed class InstanceTable(TableServiceClient tables, StorageNames names)
{
    private const string Partition = "instance";

    /// <summary>The row that says when somebody looked last. No process has this name.</summary>
    private const string Look = "look";

    private readonly TableClient _table = tables.GetTableClient(names.State);

    /// <summary>Says that a process lives.</summary>
    public Task BeatAsync(string id, CancellationToken cancellationToken) =>
        _table.UpsertEntityAsync(new TableEntity(Partition, id), TableUpdateMode.Replace, cancellationToken);

    /// <summary>Looks which processes live, and says that the one that looks does.</summary>
    public async Task<Fleet> LookAsync(string self, CancellationToken cancellationToken)
    {
        var seen = new Dictionary<string, DateTimeOffset>();
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {Partition}");
        await foreach (var row in _table.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken))
        {
            seen[row.RowKey] = row.Timestamp ?? default;
        }

        DateTimeOffset? lastLook = seen.Remove(Look, out var look) ? look : null;
        var beats = new[] { self, Look }.Select(row => new TableTransactionAction(TableTransactionActionType.UpsertReplace, new TableEntity(Partition, row)));
        var answer = await _table.SubmitTransactionAsync(beats, cancellationToken);
        var now = answer.GetRawResponse().Headers.Date ?? throw new FormatException("Storage does not say what time it is.");
        seen[self] = now;
        return new Fleet(now, seen, lastLook);
    }

    /// <summary>Forgets a process that is long dead.</summary>
    public Task RemoveAsync(string id, CancellationToken cancellationToken) =>
        _table.DeleteEntityAsync(Partition, id, ETag.All, cancellationToken);
}

/// <summary>Says every 15 s that this process lives, as long as it has charges to settle: an idle one costs nothing.</summary>
internal sealed partial class Heartbeat(
    OpenCharges openCharges, InstanceTable instances, InstanceIdentity self, TimeProvider clock, ILogger<Heartbeat> logger)
    : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(15);

    /// <summary>After how long a beat that failed is tried again: as soon as storage is back, it must be known that this process lives.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            while (openCharges.Count > 0 && !await TryBeatAsync(stoppingToken))
            {
                await Task.Delay(RetryAfter, clock, stoppingToken);
            }
        }
    }

    private async Task<bool> TryBeatAsync(CancellationToken cancellationToken)
    {
        try
        {
            await instances.BeatAsync(self.Id, cancellationToken);
            return true;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            LogFailed(logger, StorageFaults.Kind(failure));
            return false;
        }
    }

    [LoggerMessage(2101, LogLevel.Warning, "This instance could not say that it lives ({Failure}); trying again in a second.")]
    private static partial void LogFailed(ILogger logger, string failure);
}
