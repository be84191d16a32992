using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Usage;

namespace QuotaFunctions.Functions.Timer;

/// <summary>Sweeps though no message asks for it: one may have been lost.</summary>
public sealed class SweepSettlementsHourly(ISettlementSweeper sweeper, IUsageProjector usage)
{
    /// <summary>At 7 minutes past every hour.</summary>
    [Function(nameof(SweepSettlementsHourly))]
    public async Task RunAsync([TimerTrigger("0 7 * * * *")] TimerInfo timer, CancellationToken cancellationToken)
    {
        await sweeper.SweepAsync(cancellationToken);
        await usage.ProjectAsync(cancellationToken);
    }
}
