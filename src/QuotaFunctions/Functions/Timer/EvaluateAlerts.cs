using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Alerting;

namespace QuotaFunctions.Functions.Timer;

/// <summary>Looks whether anything needs attention. Thresholds of quotas are told as they are reached, without it.</summary>
public sealed class EvaluateAlerts(IAlertEvaluator evaluator)
{
    /// <summary>Every 5 minutes.</summary>
    [Function(nameof(EvaluateAlerts))]
    public Task RunAsync([TimerTrigger("0 */5 * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        evaluator.EvaluateAsync(cancellationToken);
}
