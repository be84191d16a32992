using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Retention;

namespace QuotaFunctions.Functions.Queue;

/// <summary>Does a step of a retention run. A message may come more than once.</summary>
public sealed class StepRetention(IRetentionService retention)
{
    /// <summary>One message.</summary>
    [Function(nameof(StepRetention))]
    public Task RunAsync([QueueTrigger(StorageNames.RetentionStepsQueue)] string message, CancellationToken cancellationToken) =>
        retention.StepAsync(message, cancellationToken);
}
