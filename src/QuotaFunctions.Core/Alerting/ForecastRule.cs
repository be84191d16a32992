using System.Collections.Concurrent;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Jobs;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Usage;

namespace QuotaFunctions.Core.Alerting;

/// <summary>
/// A key runs out within a day at its rate of the last 24 hours, and is not refilled before. Looked at closer are only those that used as
/// much yesterday and today as they have left.
/// </summary>
internal sealed class ForecastRule(RecentUsage recent, IUsageReader usage, IKeyService keys, AccountJobs jobs) : IAlertRule
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <inheritdoc/>
    public string Name => AlertRules.QuotaForecast;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<AlertCondition>?> EvaluateAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var used = new Dictionary<string, long>();
        foreach (var day in new[] { now - Day, now })
        {
            await foreach (var (keyId, units) in recent.ReadDayAsync(day, cancellationToken))
            {
                used[keyId] = used.GetValueOrDefault(keyId) + units;
            }
        }

        var near = new List<string>();
        if (used.Count > 0)
        {
            await foreach (var (keyId, standing) in recent.ReadStandingsAsync(cancellationToken))
            {
                if (standing.Remaining is > 0 and var remaining && used.GetValueOrDefault(keyId) >= remaining)
                {
                    near.Add(keyId);
                }
            }
        }

        var found = new ConcurrentBag<AlertCondition>();
        var failed = await jobs.ForEachAsync("forecast its end", near, keyId => keyId, ForecastAsync, cancellationToken);
        return failed > 0 ? null : [.. found];

        async Task ForecastAsync(string keyId, CancellationToken token)
        {
            var counts = (await usage.ReadAsync(new UsageQuery { KeyId = keyId, From = RecentUsage.QuarterOf(now - Day), To = now, WithRefused = false }, token)).Total;
            if (await keys.FindAsync(keyId, token) is not { Status: KeyStatus.Active } key || key.Settings.ExpiresAt <= now
                || HoursLeft(key.Quota, counts.Units, now) is not { } hours)
            {
                return;
            }

            found.Add(new AlertCondition(keyId, AlertSeverity.Warning, hours, AlertData.Of(
                ("name", key.Settings.Name), ("unit", key.Quota.Unit.ToString().ToLowerInvariant()), ("hours", hours),
                ("remaining", QuotaAmount.Of(key.Quota.Remaining, key.Quota.Unit)), ("resets_at", key.Quota.ResetsAt))));
        }
    }

    /// <summary>In how many hours a quota ends, rounded up; null for not within a day, for not before it is refilled, and for one that has ended.</summary>
    /// <param name="quota">How it stands.</param>
    /// <param name="units">What was used of it in the last 24 hours.</param>
    /// <param name="now">The time.</param>
    internal static double? HoursLeft(QuotaSnapshot quota, long units, DateTimeOffset now)
    {
        if (quota.Remaining is not > 0 || units < quota.Remaining)
        {
            return null;
        }

        var left = Day * ((double)quota.Remaining.Value / units);
        return quota.ResetsAt <= now + left ? null : Math.Ceiling(left.TotalHours);
    }
}
