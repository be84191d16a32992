using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Auditing;

namespace QuotaFunctions.Functions.Timer;

/// <summary>Sweeps though no message asks for it: one may have been lost.</summary>
public sealed class SweepSettlementsHourly(ISettlementSweeper sweeper)
{
    /// <summary>At 7 minutes past every hour.</summary>
    [Function(nameof(SweepSettlementsHourly))]
    public Task RunAsync([TimerTrigger("0 7 * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        sweeper.SweepAsync(cancellationToken);
}
