using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Functions.Queue;

/// <summary>Closes what dead processes left open, as long as anything is open: what a crash left is in the log within two minutes.</summary>
public sealed class SweepSettlements(ISettlementSweeper sweeper)
{
    /// <summary>One request. What it says does not matter.</summary>
    [Function(nameof(SweepSettlements))]
    public Task RunAsync([QueueTrigger(StorageNames.SweepRequestsQueue)] string message, CancellationToken cancellationToken) =>
        sweeper.SweepAsync(cancellationToken);
}
