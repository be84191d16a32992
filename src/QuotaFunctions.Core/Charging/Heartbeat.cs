using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Charging;

/// <summary>Says every 15 s that this process lives, as long as it has charges to settle: an idle one costs nothing.</summary>
internal sealed partial class Heartbeat(
    InFlightCharges inFlight, InstanceTable instances, InstanceIdentity self, TimeProvider clock, ILogger<Heartbeat> logger)
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
            while (inFlight.Count > 0 && !await TryBeatAsync(stoppingToken))
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
            LogFailed(logger, StorageErrors.Kind(failure));
            return false;
        }
    }

    [LoggerMessage(2101, LogLevel.Warning, "This instance could not say that it lives ({Failure}); trying again in a second.")]
    private static partial void LogFailed(ILogger logger, string failure);
}
