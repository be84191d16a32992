using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Retention;

namespace QuotaFunctions.Functions.Timer;

/// <summary>Begins a retention run where one is due.</summary>
public sealed class StartRetention(IRetentionService retention)
{
    /// <summary>At 47 minutes past every hour.</summary>
    [Function(nameof(StartRetention))]
    public Task RunAsync([TimerTrigger(IRetentionService.Schedule)] TimerInfo timer, CancellationToken cancellationToken) =>
        retention.StartIfDueAsync(cancellationToken);
}
