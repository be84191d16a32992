using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Functions.Queue;

/// <summary>Writes outcomes from the queue to the log. A message may come more than once.</summary>
public sealed class ConsumeAuditEvents(IAuditEventConsumer consumer)
{
    /// <summary>One message.</summary>
    [Function(nameof(ConsumeAuditEvents))]
    public Task RunAsync([QueueTrigger(StorageNames.AuditEventsQueue)] string message, CancellationToken cancellationToken) =>
        consumer.ConsumeAsync(message, cancellationToken);
}
