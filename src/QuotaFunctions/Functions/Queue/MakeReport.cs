using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Reporting;

namespace QuotaFunctions.Functions.Queue;

/// <summary>Makes a report that was asked for. A message may come more than once.</summary>
public sealed class MakeReport(ReportMaker maker)
{
    /// <summary>One message.</summary>
    [Function(nameof(MakeReport))]
    public Task RunAsync([QueueTrigger(StorageNames.ReportRequestsQueue)] string message, CancellationToken cancellationToken) =>
        maker.MakeAsync(message, cancellationToken);
}
