using Azure.Data.Tables;
using Azure.Storage.Queues;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Auditing;

/// <summary>
/// Has the sweeper called as long as there is open work, and not otherwise: by a message of the queue <c>sweep-requests</c> that is seen
/// only after a while. A row says since when one is on its way, by the service's clock, so that all instances together send one.
/// </summary>
/// <remarks>
/// The writers do not wait for it: whenever one of them lists its account as open, this service is told. A process that is killed before it
/// has sent the message is made up for by the one that takes its place, which sends one as it begins. A message that is lost is made up
/// for by the next account that is listed, and by the hourly timer.
/// </remarks>
internal sealed partial class SweepScheduler(
    QueueServiceClient queues, TableServiceClient tables, StorageNames names, OpenAccountIndex open, TimeProvider clock, ILogger<SweepScheduler> logger)
    : BackgroundService
{
    /// <summary>How long a message waits in the queue before it is seen.</summary>
    public static readonly TimeSpan Delay = TimeSpan.FromSeconds(30);

    /// <summary>For how long a message is trusted to be on its way: shorter, as the table's and the queue's clocks need not agree.</summary>
    public static readonly TimeSpan ArmedFor = TimeSpan.FromSeconds(25);

    private const string Partition = "sweep";
    private const string Row = "armed";

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly QueueClient _queue = queues.GetQueueClient(StorageNames.SweepRequestsQueue);
    private readonly TableClient _table = tables.GetTableClient(names.State);
    private long _askAgainAt = long.MinValue;

    /// <summary>Sees to it that a message is on its way. False where that could not be done.</summary>
    public async Task<bool> TryArmAsync(CancellationToken cancellationToken)
    {
        if (clock.GetTimestamp() < Volatile.Read(ref _askAgainAt))
        {
            return true;
        }

        try
        {
            await ArmAsync(cancellationToken);
            return true;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotArmed(logger, StorageErrors.Kind(failure));
            return false;
        }
    }

    /// <summary>Sends a message, whether one is on its way or not.</summary>
    public Task SendAsync(CancellationToken cancellationToken) =>
        _queue.SendMessageAsync(BinaryData.FromString("sweep"), Delay, cancellationToken: cancellationToken);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            while (!await TryArmAsync(stoppingToken))
            {
                await Task.Delay(RetryAfter, clock, stoppingToken);
            }

            await open.WaitForMarkAsync(stoppingToken);
        }
    }

    private async Task ArmAsync(CancellationToken cancellationToken)
    {
        var asked = clock.GetTimestamp();
        var found = await _table.ReadAsync(Partition, Row, select: null, logger, cancellationToken);
        if (found.HasValue && found.Value!.Timestamp + ArmedFor - found.GetRawResponse().Headers.Date is { } left && left > TimeSpan.Zero)
        {
            TrustUntil(asked, left);
            return;
        }

        // The message first: should the process die in between, there is one too many, not one too few.
        await SendAsync(cancellationToken);
        TrustUntil(asked, ArmedFor);

        // Where another instance was faster, its message and this one each cause a sweep, but only one of these sends the next message.
        await _table.TryWriteAsync(new TableEntity(Partition, Row), found.HasValue ? found.Value!.ETag : null, cancellationToken);
    }

    private void TrustUntil(long asked, TimeSpan span) => Volatile.Write(ref _askAgainAt, asked + (long)(span.TotalSeconds * clock.TimestampFrequency));

    [LoggerMessage(2401, LogLevel.Warning, "The next sweep could not be arranged ({Failure}).")]
    private static partial void LogNotArmed(ILogger logger, string failure);
}
