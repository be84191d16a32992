using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Usage;

namespace QuotaFunctions.Core.Reporting;

/// <summary>Composes a report of what was read. It reads nothing itself.</summary>
internal static class ReportComposer
{
    /// <summary>Keys that a report lists.</summary>
    public const int MaxKeys = 10_000;

    /// <summary>Entries of the lists of what stands out.</summary>
    public const int MaxListed = 10;

    /// <summary>Composes it.</summary>
    public static QuotaReport Compose(
        ReportRequest request, ReportPeriod period, ReportPeriod before, ReportData data, ReportOptions options, DateTimeOffset now)
    {
        var requestsBefore = data.UsageBefore.Items.Where(item => item.Group is not null).ToDictionary(item => item.Group!, item => item.Counts);
        var ended = period.To < now ? period.To : now;
        var keys = data.Usage.Items.Where(item => item.Group is not null)
            .Select(item => KeyOf(item, data.Keys.GetValueOrDefault(item.Group!), requestsBefore.GetValueOrDefault(item.Group!), ended - period.From, now))
            .OrderByDescending(key => key.Requests).ThenBy(key => key.Key, StringComparer.Ordinal)
            .ToList();
        var total = CountsOf(data.Usage.Total, data.Usage.Refused, new ReportCounts());
        return new QuotaReport
        {
            GeneratedAt = now,
            Service = options.PublicUrl,
            IsHealthy = data.IsHealthy,
            Language = request.Language,
            TimeZone = request.TimeZone,
            Tenant = request.Tenant,
            Key = request.Key,
            Period = period,
            PeriodBefore = before,
            Total = total,
            TotalBefore = CountsOf(data.UsageBefore.Total, data.UsageBefore.Refused, new ReportCounts()),
            Units = UnitsOf(keys, data.UsageBefore.Items),
            ActiveKeys = keys.Count(key => key.IsActive),
            KeyCount = keys.Count,
            Keys = request.OmitKeys ? [] : [.. keys.Take(MaxKeys)],
            Models = ModelsOf(data.ByModel.Items),
            Series = SeriesOf(ReportPeriods.Points(period, request.Zone), data.ByModel.Items),
            NearestToEnd = KeyForecast.NearestToEnd(keys, options.LowQuotaPercent, MaxListed),
            FailureRateThreshold = options.FailureRatePercent,
            LowQuotaThreshold = options.LowQuotaPercent,
            Anomalies = ReportAnomalies.Find(total, keys, options),
        };
    }

    private static ReportKey KeyOf(UsageItem item, IndexedKey? indexed, UsageCounts? before, TimeSpan span, DateTimeOffset now)
    {
        var standing = item.Standing;
        var unit = standing?.Unit ?? indexed?.Unit ?? QuotaUnit.Requests;
        var remaining = QuotaAmount.Of(standing?.Remaining, unit);
        var cost = QuotaAmount.Of(item.Counts.Units, unit);
        var isActive = indexed is { Status: KeyStatus.Active } && !(indexed.ExpiresAt <= now);
        var key = new ReportKey
        {
            Key = item.Group!,
            Name = item.Name ?? indexed?.Name,
            Tenant = item.Tenant ?? indexed?.Tenant,
            IsActive = isActive,
            Unit = unit,
            RequestsBefore = before?.Requests ?? 0,
            Cost = cost,
            Limit = QuotaAmount.Of(standing?.Limit, unit),
            Remaining = remaining,
            UsageRate = standing?.Limit is > 0 and var limit ? Math.Round(100.0 * standing.Used / limit, 1) : null,
            LastUsedAt = standing?.LastUsedAt,
            RefillsAt = standing?.ResetsAt,
            RunsOutAt = isActive ? KeyForecast.RunsOutAt(remaining, cost, span, now, standing?.ResetsAt, indexed?.ExpiresAt) : null,
        };
        return CountsOf(item.Counts, item.Refused, key);
    }

    private static T CountsOf<T>(UsageCounts counts, long? refused, T into)
        where T : ReportCounts => into with
        {
            Requests = counts.Requests,
            Success = counts.Succeeded,
            Failed = counts.Failed,
            Refunded = counts.Refunded,
            Unknown = counts.Unknown,
            Refused = refused ?? 0,
            TokensIn = counts.TokensIn,
            TokensOut = counts.TokensOut,
            LatencyP50Ms = Milliseconds(counts.Latency.Quantile(0.5)),
            LatencyP95Ms = Milliseconds(counts.Latency.Quantile(0.95)),
            LatencyP99Ms = Milliseconds(counts.Latency.Quantile(0.99)),
            SuccessRate = Percent(counts.Succeeded, counts.Requests),
            FailureRate = Percent(counts.Failed, counts.Requests),
        };

    private static List<ReportUnit> UnitsOf(List<ReportKey> keys, IReadOnlyList<UsageItem> before)
    {
        var units = keys.ToDictionary(key => key.Key, key => key.Unit);
        var costsBefore = before.Where(item => item.Group is not null)
            .Select(item => (Unit: units.GetValueOrDefault(item.Group!, item.Standing?.Unit ?? QuotaUnit.Requests), item.Counts.Units))
            .ToLookup(item => item.Unit, item => item.Units);
        var found = keys.Where(key => key.IsActive || key.Cost != 0).Select(key => key.Unit).Concat(costsBefore.Where(costs => costs.Any(cost => cost != 0)).Select(costs => costs.Key))
            .Distinct().Order().DefaultIfEmpty(QuotaUnit.Requests);
        return [.. found.Select(unit => new ReportUnit(
            unit,
            keys.Where(key => key.Unit == unit).Sum(key => key.Cost),
            costsBefore[unit].Sum(cost => QuotaAmount.Of(cost, unit)),
            keys.Where(key => key.Unit == unit && key.IsActive).Sum(key => key.Remaining ?? 0)))];
    }

    private static List<ReportModel> ModelsOf(IReadOnlyList<UsageItem> items) =>
    [
        .. items.GroupBy(item => item.Group)
            .Select(model => new ReportModel(
                model.Key,
                model.Sum(item => item.Counts.Requests),
                model.Sum(item => item.Counts.Failed),
                model.Sum(item => item.Counts.TokensIn),
                model.Sum(item => item.Counts.TokensOut)))
            .Where(model => model.Requests > 0)
            .OrderByDescending(model => model.Requests).ThenBy(model => model.Model, StringComparer.Ordinal)
            .Take(MaxListed),
    ];

    private static List<ReportPoint> SeriesOf(IReadOnlyList<DateTimeOffset> points, IReadOnlyList<UsageItem> items)
    {
        var counts = items.Where(item => item.From is not null).ToLookup(item => item.From!.Value.UtcTicks, item => item.Counts);
        return
        [
            .. points.Select(point => new ReportPoint(
                point,
                counts[point.UtcTicks].Sum(it => it.Succeeded),
                counts[point.UtcTicks].Sum(it => it.Failed),
                counts[point.UtcTicks].Sum(it => it.Unknown))),
        ];
    }

    private static double? Percent(long part, long whole) => whole > 0 ? Math.Round(100.0 * part / whole, 1) : null;

    private static int? Milliseconds(double? value) => value is { } known ? (int)Math.Round(known) : null;
}
