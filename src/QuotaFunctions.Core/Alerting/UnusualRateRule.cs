using System.Collections.Concurrent;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Jobs;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Usage;

namespace QuotaFunctions.Core.Alerting;

/// <summary>A key was used far more in the last full hour than in the week before. Only those that were used much are looked at closer.</summary>
internal sealed class UnusualRateRule(RecentUsage recent, IUsageReader usage, IKeyService keys, AccountJobs jobs) : IAlertRule
{
    /// <summary>Requests of an hour below which nothing is unusual.</summary>
    public const long MinRequests = 100;

    /// <summary>More than so many times the mean hour is unusual.</summary>
    public const int Times = 5;

    /// <summary>The past that is compared with.</summary>
    public static readonly TimeSpan Past = TimeSpan.FromDays(7);

    /// <summary>A key that was first used later than this has no past to compare with.</summary>
    public static readonly TimeSpan MinPast = TimeSpan.FromDays(1);

    /// <inheritdoc/>
    public string Name => AlertRules.UnusualRate;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<AlertCondition>?> EvaluateAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var end = new DateTimeOffset(now.UtcDateTime.Date.AddHours(now.UtcDateTime.Hour), TimeSpan.Zero);
        var hour = await recent.ReadAsync(end.AddHours(-1), end, cancellationToken);
        var busy = hour.Where(key => key.Value.Requests >= MinRequests).ToList();
        var found = new ConcurrentBag<AlertCondition>();
        var failed = await jobs.ForEachAsync("compare its rate", busy, key => key.Key, CompareAsync, cancellationToken);

        // What could not be looked at may be as it was
        return failed > 0 ? null : [.. found];

        async Task CompareAsync(KeyValuePair<string, UsageCounts> key, CancellationToken token)
        {
            var begin = end.AddHours(-1);
            var query = new UsageQuery { KeyId = key.Key, From = begin - Past, To = begin, Granularity = UsageGranularity.Hour, WithRefused = false };
            var past = (await usage.ReadAsync(query, token)).Items.Where(item => item.Counts.Requests > 0).ToList();
            if (past.Count == 0 || past.Min(item => item.From)!.Value is var first && begin - first < MinPast)
            {
                return;
            }

            var mean = past.Sum(item => item.Counts.Requests) / (begin - first).TotalHours;
            if (key.Value.Requests > Times * mean && await keys.FindAsync(key.Key, token) is { } record)
            {
                found.Add(new AlertCondition(key.Key, AlertSeverity.Warning, Math.Round(key.Value.Requests / mean, 1), AlertData.Of(
                    ("name", record.Settings.Name), ("requests", key.Value.Requests), ("mean", Math.Round(mean, 1)), ("hour", begin))));
            }
        }
    }
}
