using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Usage;

namespace QuotaFunctions.Functions.Queue;

/// <summary>
/// Closes what dead processes left open, as long as anything is open: what a crash left is in the log within two minutes. And copies what was
/// counted since.
/// </summary>
public sealed class SweepSettlements(ISettlementSweeper sweeper, IUsageProjector usage)
{
    /// <summary>One request. What it says does not matter.</summary>
    [Function(nameof(SweepSettlements))]
    public async Task RunAsync([QueueTrigger(StorageNames.SweepRequestsQueue)] string message, CancellationToken cancellationToken)
    {
        await sweeper.SweepAsync(cancellationToken);
        await usage.ProjectAsync(cancellationToken);
    }
}
