namespace QuotaFunctions.Core.Reporting;

/// <summary>When quotas are used up, if things go on as they did.</summary>
internal static class KeyForecast
{
    /// <summary>What lies further ahead is not foretold.</summary>
    private static readonly TimeSpan Horizon = TimeSpan.FromDays(366);

    /// <summary>When a quota is used up at the mean rate of a span of time; null where it is not, or a refill or the expiry comes before.</summary>
    /// <param name="remaining">Units left; null for unlimited.</param>
    /// <param name="cost">Units that were used in the span.</param>
    /// <param name="span">The span.</param>
    /// <param name="now">The moment at which <paramref name="remaining"/> are left.</param>
    /// <param name="refillsAt">When the next refill is due, or null.</param>
    /// <param name="expiresAt">When the key expires, or null.</param>
    public static DateTimeOffset? RunsOutAt(
        decimal? remaining, decimal cost, TimeSpan span, DateTimeOffset now, DateTimeOffset? refillsAt, DateTimeOffset? expiresAt)
    {
        if (remaining is not > 0 || cost <= 0 || span <= TimeSpan.Zero)
        {
            return null;
        }

        var left = (double)(remaining.Value / cost) * span.TotalMinutes;
        if (left > Horizon.TotalMinutes)
        {
            return null;
        }

        var end = now.AddMinutes(Math.Floor(left));
        return refillsAt <= end || expiresAt <= end ? null : end;
    }

    /// <summary>
    /// The keys that are nearest to the end of their quota: those that have reached it, then those that reach it first, then those with the
    /// smallest part left.
    /// </summary>
    public static IReadOnlyList<ReportKey> NearestToEnd(IEnumerable<ReportKey> keys, int lowPercent, int most) =>
    [
        .. keys.Where(key => IsExhausted(key) || IsLow(key, lowPercent) || (key.IsActive && key.RunsOutAt is not null))
            .OrderByDescending(IsExhausted)
            .ThenBy(key => key.RunsOutAt ?? DateTimeOffset.MaxValue)
            .ThenBy(PartLeft)
            .ThenBy(key => key.Key, StringComparer.Ordinal)
            .Take(most),
    ];

    /// <summary>True where nothing is left.</summary>
    public static bool IsExhausted(ReportKey key) => key is { IsActive: true, Limit: > 0, Remaining: <= 0 };

    /// <summary>True where something is left, but less than a part of the quota.</summary>
    public static bool IsLow(ReportKey key, int lowPercent) => key is { IsActive: true, Limit: > 0, Remaining: > 0 } && PartLeft(key) * 100 < lowPercent;

    private static decimal PartLeft(ReportKey key) => key is { Limit: > 0 and var limit, Remaining: { } remaining } ? remaining / limit : 1;
}
