using System.Text.Json.Serialization;
using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Reporting;

/// <summary>
/// A usage report: what was used in a period and in the one before, how the quotas stand, what is out of the ordinary. Everything that the
/// renderings show stands here. Amounts are in the unit of the key, as the API has them.
/// </summary>
public sealed record QuotaReport
{
    /// <summary>When it was made.</summary>
    public required DateTimeOffset GeneratedAt { get; init; }

    /// <summary>The service's public address, without a slash at the end.</summary>
    public required string Service { get; init; }

    /// <summary>Whether everything vital was well when it was made, as <c>GET /health</c> has it.</summary>
    public bool IsHealthy { get; init; }

    /// <summary>The language that it was asked for in.</summary>
    public ReportLanguage Language { get; init; }

    /// <summary>The time zone of its days and hours, by its name in the IANA database.</summary>
    public required string TimeZone { get; init; }

    /// <summary>Of the keys of one tenant only; null for all.</summary>
    public string? Tenant { get; init; }

    /// <summary>Of one key only, by its id; null for all.</summary>
    public string? Key { get; init; }

    /// <summary>The period.</summary>
    public required ReportPeriod Period { get; init; }

    /// <summary>The period that it is compared to.</summary>
    public required ReportPeriod PeriodBefore { get; init; }

    /// <summary>What was counted in the period.</summary>
    public required ReportCounts Total { get; init; }

    /// <summary>What was counted in the period before.</summary>
    public required ReportCounts TotalBefore { get; init; }

    /// <summary>By unit: what was used, and what is left. At least one.</summary>
    public required IReadOnlyList<ReportUnit> Units { get; init; }

    /// <summary>Keys that may be used now.</summary>
    public required int ActiveKeys { get; init; }

    /// <summary>All keys of the report, also where <see cref="Keys"/> has only the first of them.</summary>
    public required int KeyCount { get; init; }

    /// <summary>The keys, those with the most requests first, at most 10,000; none where they were left out.</summary>
    public required IReadOnlyList<ReportKey> Keys { get; init; }

    /// <summary>The models with the most requests, at most 10.</summary>
    public required IReadOnlyList<ReportModel> Models { get; init; }

    /// <summary>Requests by day; by hour where the period is one day. Every day or hour is there, the first one first.</summary>
    public required IReadOnlyList<ReportPoint> Series { get; init; }

    /// <summary>The keys that are nearest to the end of their quota, the nearest first, at most 10.</summary>
    public required IReadOnlyList<ReportKey> NearestToEnd { get; init; }

    /// <summary>The failure rate above which it is an anomaly, in per cent.</summary>
    public required int FailureRateThreshold { get; init; }

    /// <summary>The part of a quota below which it is low, in per cent.</summary>
    public required int LowQuotaThreshold { get; init; }

    /// <summary>What is out of the ordinary, the most urgent first. What to do about it follows from it.</summary>
    public required IReadOnlyList<ReportAnomaly> Anomalies { get; init; }
}

/// <summary>A period: whole days of the report's time zone.</summary>
/// <param name="Kind">How it was asked for.</param>
/// <param name="FirstDay">Its first day.</param>
/// <param name="LastDay">Its last day.</param>
/// <param name="From">When it begins.</param>
/// <param name="To">The first moment after it.</param>
public sealed record ReportPeriod(ReportPeriodKind Kind, DateOnly FirstDay, DateOnly LastDay, DateTimeOffset From, DateTimeOffset To);

/// <summary>Counts. The names are those of <c>GET /manage/usage</c>.</summary>
public record ReportCounts
{
    /// <summary>All requests that were admitted.</summary>
    public long Requests { get; init; }

    /// <summary>Those that succeeded, or were charged by a service that does the work itself.</summary>
    public long Success { get; init; }

    /// <summary>Those that failed.</summary>
    public long Failed { get; init; }

    /// <summary>Those of the failed that cost nothing.</summary>
    public long Refunded { get; init; }

    /// <summary>Those of which nobody knows how they ended.</summary>
    public long Unknown { get; init; }

    /// <summary>Requests that were not admitted, beside the others.</summary>
    public long Refused { get; init; }

    /// <summary>Tokens that upstreams reported as read.</summary>
    public long TokensIn { get; init; }

    /// <summary>Tokens that upstreams reported as written.</summary>
    public long TokensOut { get; init; }

    /// <summary>Half of the requests took no longer, in milliseconds; null where none was timed.</summary>
    public int? LatencyP50Ms { get; init; }

    /// <summary>95 % took no longer.</summary>
    public int? LatencyP95Ms { get; init; }

    /// <summary>99 % took no longer.</summary>
    public int? LatencyP99Ms { get; init; }

    /// <summary>Per cent of the requests that succeeded, to a tenth; null where there were none.</summary>
    public double? SuccessRate { get; init; }

    /// <summary>Per cent of the requests that failed, to a tenth; null where there were none.</summary>
    public double? FailureRate { get; init; }
}

/// <summary>What was used of a unit, and what is left, over the keys that count in it.</summary>
/// <param name="Unit">The unit.</param>
/// <param name="Used">What the period's requests cost.</param>
/// <param name="UsedBefore">What those of the period before cost.</param>
/// <param name="Remaining">What is left to the keys that may be used now. Unlimited keys are not in it.</param>
public sealed record ReportUnit(
    [property: JsonConverter(typeof(WordConverter<QuotaUnit>))] QuotaUnit Unit, decimal Used, decimal UsedBefore, decimal Remaining);

/// <summary>A key in the period, and how it stands.</summary>
public sealed record ReportKey : ReportCounts
{
    /// <summary>The key's id.</summary>
    public required string Key { get; init; }

    /// <summary>The key's name, as it was given: a rendering makes it safe.</summary>
    public string? Name { get; init; }

    /// <summary>The key's tenant; null for none.</summary>
    public string? Tenant { get; init; }

    /// <summary>Whether it may be used now; false for one that is disabled, expired or revoked.</summary>
    public bool IsActive { get; init; }

    /// <summary>What the key counts in.</summary>
    [JsonConverter(typeof(WordConverter<QuotaUnit>))]
    public QuotaUnit Unit { get; init; }

    /// <summary>Requests in the period before.</summary>
    public long RequestsBefore { get; init; }

    /// <summary>What its requests cost.</summary>
    public decimal Cost { get; init; }

    /// <summary>Units granted in all; null for unlimited, or where it is not known.</summary>
    public decimal? Limit { get; init; }

    /// <summary>Units left; null for unlimited, or where it is not known.</summary>
    public decimal? Remaining { get; init; }

    /// <summary>Per cent of the quota that is used, to a tenth; null for unlimited.</summary>
    public double? UsageRate { get; init; }

    /// <summary>When it was used last; null for never.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>When the quota is used up at the rate of the period; null where it is refilled or expires before, or is not used.</summary>
    public DateTimeOffset? RunsOutAt { get; init; }

    /// <summary>When the next refill is due; null for never, or where it is not known.</summary>
    public DateTimeOffset? RefillsAt { get; init; }
}

/// <summary>What was used of a model.</summary>
/// <param name="Model">The model; null for requests that name none.</param>
/// <param name="Requests">Requests.</param>
/// <param name="Failed">Those that failed.</param>
/// <param name="TokensIn">Tokens that were read.</param>
/// <param name="TokensOut">Tokens that were written.</param>
public sealed record ReportModel(string? Model, long Requests, long Failed, long TokensIn, long TokensOut);

/// <summary>Requests in a day or an hour.</summary>
/// <param name="From">When it begins.</param>
/// <param name="Success">Requests that succeeded.</param>
/// <param name="Failed">Requests that failed.</param>
/// <param name="Unknown">Requests of which nobody knows how they ended.</param>
public sealed record ReportPoint(DateTimeOffset From, long Success, long Failed, long Unknown)
{
    /// <summary>All requests.</summary>
    [JsonIgnore]
    public long Requests => Success + Failed + Unknown;
}

/// <summary>Something that is out of the ordinary.</summary>
/// <param name="Kind">What.</param>
/// <param name="Percent">The failure rate, where it is about that; else null.</param>
/// <param name="Count">How many keys it is about; 0 where it is about all of them together.</param>
/// <param name="Keys">The first of these keys, at most 10.</param>
public sealed record ReportAnomaly(AnomalyKind Kind, double? Percent, int Count, IReadOnlyList<ReportKey> Keys);

/// <summary>Kinds of anomalies, the most urgent first.</summary>
[JsonConverter(typeof(WordConverter<AnomalyKind>))]
public enum AnomalyKind
{
    /// <summary>Quotas are used up.</summary>
    QuotaExhausted,

    /// <summary>More requests fail than should.</summary>
    FailureRate,

    /// <summary>Little is left of quotas.</summary>
    QuotaLow,

    /// <summary>Keys have far more requests than in the period before.</summary>
    RequestsSurge,

    /// <summary>More requests of keys are refused than admitted.</summary>
    Refusals,
}
