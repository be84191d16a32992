using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Usage;

namespace QuotaFunctions.Functions.Timer;

/// <summary>Folds what the instances counted of refused requests into one row for each day that is over.</summary>
public sealed class FoldRefusals(IRefusalFolder folder)
{
    /// <summary>At 53 minutes past midnight (UTC).</summary>
    [Function(nameof(FoldRefusals))]
    public Task RunAsync([TimerTrigger("0 53 0 * * *")] TimerInfo timer, CancellationToken cancellationToken) => folder.FoldAsync(cancellationToken);
}
