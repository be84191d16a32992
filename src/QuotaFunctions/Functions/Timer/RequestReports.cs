using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Subscriptions;

namespace QuotaFunctions.Functions.Timer;

/// <summary>Asks for the reports of subscriptions that are due.</summary>
public sealed class RequestReports(IReportScheduler scheduler)
{
    /// <summary>Every quarter of an hour, as time zones differ by quarters.</summary>
    [Function(nameof(RequestReports))]
    public Task RunAsync([TimerTrigger("0 */15 * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        scheduler.RequestDueAsync(cancellationToken);
}
