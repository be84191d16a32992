using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Alerting;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Functions.Queue;

/// <summary>Tells of alerts: puts together what there is to tell, and delivers it to one target a message. A message may come more than once.</summary>
public sealed class SendAlerts(IAlertSender sender)
{
    /// <summary>One message.</summary>
    [Function(nameof(SendAlerts))]
    public Task RunAsync([QueueTrigger(StorageNames.AlertsQueue)] string message, CancellationToken cancellationToken) =>
        sender.SendAsync(message, cancellationToken);
}
