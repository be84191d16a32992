using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Auditing;

namespace QuotaFunctions.Functions.Timer;

/// <summary>Closes what dead processes left open.</summary>
public sealed class SweepSettlements(ISettlementSweeper sweeper)
{
    /// <summary>Every half minute: what a crash left is in the log within two minutes.</summary>
    [Function(nameof(SweepSettlements))]
    public Task RunAsync([TimerTrigger("*/30 * * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        sweeper.SweepAsync(cancellationToken);
}
