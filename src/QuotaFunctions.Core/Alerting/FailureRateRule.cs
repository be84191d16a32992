using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Usage;

namespace QuotaFunctions.Core.Alerting;

/// <summary>More of the requests of the last hour failed than may, over all keys.</summary>
internal sealed class FailureRateRule(RecentUsage usage, IOptions<AlertOptions> options) : IAlertRule
{
    /// <summary>Of fewer requests nobody can tell a rate.</summary>
    public const long MinRequests = 20;

    /// <inheritdoc/>
    public string Name => AlertRules.FailureRate;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<AlertCondition>?> EvaluateAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var keys = await usage.ReadAsync(RecentUsage.QuarterOf(now.AddHours(-1)), now, cancellationToken);
        var (requests, failed) = (keys.Values.Sum(key => key.Requests), keys.Values.Sum(key => key.Failed));
        if (requests < MinRequests || 100 * failed <= options.Value.FailureRatePercent * requests)
        {
            return [];
        }

        var percent = Math.Round(100d * failed / requests);
        return
        [
            new AlertCondition(
                AlertRules.Service, AlertSeverity.Critical, percent, AlertData.Of(("percent", percent), ("requests", requests), ("failed", failed))),
        ];
    }
}
