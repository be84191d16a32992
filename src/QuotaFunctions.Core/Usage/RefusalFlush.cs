using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Usage;

/// <summary>
/// Stores what was refused: a second after the first refusal, then once a minute at the most, and only while there is something new.
/// Each time it is all that this instance has counted of the day, so that a write may come twice. What a killed process had not
/// stored is lost, which is a minute's refusals at the most.
/// </summary>
internal sealed partial class RefusalFlush(
    RefusalCounter counter, IRefusalStore store, InstanceIdentity self, TimeProvider clock, ILogger<RefusalFlush> logger)
    : BackgroundService, IHostedLifecycleService
{
    /// <summary>How long the first refusal waits for more.</summary>
    public static readonly TimeSpan GatherTime = TimeSpan.FromSeconds(1);

    /// <summary>From one time to the next, at the least.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>On the way out, when no request is in flight any more.</summary>
    public Task StoppedAsync(CancellationToken cancellationToken) => FlushAsync(cancellationToken);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await counter.WaitForChangeAsync(stoppingToken);
            await Task.Delay(GatherTime, clock, stoppingToken);
            await FlushAsync(stoppingToken);
            await Task.Delay(Period - GatherTime, clock, stoppingToken);
        }
    }

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var (day, counts) in counter.TakeChanged())
            {
                await store.WriteAsync(day, self.Id, counts, cancellationToken);
                counter.SetStored(day, counts);
            }
        }
#pragma warning disable CA1031 // Whatever it is, it is only a count: it holds up neither requests nor a stop.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            counter.SetChanged();
            if (!cancellationToken.IsCancellationRequested)
            {
                LogNotStored(logger, StorageErrors.Kind(failure));
            }
        }
    }

    [LoggerMessage(2603, LogLevel.Warning, "What was refused could not be stored ({Failure}); trying again in a minute.")]
    private static partial void LogNotStored(ILogger logger, string failure);
}
