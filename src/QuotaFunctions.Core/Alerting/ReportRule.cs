using QuotaFunctions.Core.Subscriptions;

namespace QuotaFunctions.Core.Alerting;

/// <summary>The report of a subscription was due, and nobody has asked for it.</summary>
internal sealed class ReportRule(ISubscriptionStore subscriptions) : IAlertRule
{
    /// <inheritdoc/>
    public string Name => AlertRules.ReportOverdue;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<AlertCondition>?> EvaluateAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var found = new List<AlertCondition>();
        foreach (var subscription in await subscriptions.ListAsync(tenant: null, cancellationToken))
        {
            // Due for so long that the timer had its chance twice
            if (ReportScheduler.DuePeriod(subscription, now - OverdueJobRule.Grace) is { } period)
            {
                found.Add(new AlertCondition(
                    subscription.Id, AlertSeverity.Warning, 1, AlertData.Of(("name", subscription.Settings.Name), ("days", ReportScheduler.DaysOf(period)))));
            }
        }

        return found;
    }
}
