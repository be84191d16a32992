using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Usage;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Http;

/// <summary>What was used.</summary>
/// <param name="TimeZone">The time zone of hours and days.</param>
/// <param name="Total">All of it together, also where this is only a page.</param>
/// <param name="Usage">Groups and spans of time, in the order of their names and times.</param>
/// <param name="Next">The cursor of the next page; absent on the last.</param>
internal sealed record UsageResponse(
    [property: Example("UTC")] string TimeZone,
    [property: Example] UsageCountsResponse Total,
    IReadOnlyList<UsageItemResponse> Usage,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Example("1000")] string? Next);

/// <summary>Counts.</summary>
/// <param name="Requests">All requests that were admitted.</param>
/// <param name="Success">Those that succeeded, or were charged by a service that does the work itself.</param>
/// <param name="Failed">Those that failed.</param>
/// <param name="Refunded">Those of the failed that cost nothing.</param>
/// <param name="Unknown">Those of which nobody knows how they ended.</param>
/// <param name="Refused">Requests that were not admitted, beside <c>requests</c>: counted, not booked. Absent where one provider or model is asked for, and for each of them.</param>
/// <param name="TokensIn">Tokens that upstreams reported as read.</param>
/// <param name="TokensOut">Tokens that upstreams reported as written.</param>
/// <param name="Cost">What they cost, in <c>unit</c>. What is counted in something else is not in it, but in <c>costs</c>.</param>
/// <param name="Costs">What they cost, by what it is counted in; without what costs nothing.</param>
/// <param name="LatencyP50Ms">Half of them took no longer, in milliseconds; null where none was timed.</param>
/// <param name="LatencyP95Ms">95 % took no longer.</param>
/// <param name="LatencyP99Ms">99 % took no longer.</param>
internal record UsageCountsResponse(
    [property: Example(151)] long Requests,
    [property: Example(148)] long Success,
    [property: Example(3)] long Failed,
    [property: Example(2)] long Refunded,
    long Unknown,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Example(4)] long? Refused,
    [property: Example(24_012)] long TokensIn,
    [property: Example(9_870)] long TokensOut,
    [property: Example(149)] decimal Cost,
    [property: Example(Json = """{ "requests": 149 }""")] IReadOnlyDictionary<string, decimal> Costs,
    [property: Example(310)] int? LatencyP50Ms,
    [property: Example(1_240)] int? LatencyP95Ms,
    [property: Example(2_210)] int? LatencyP99Ms)
{
    /// <summary>The names of the columns in CSV.</summary>
    public static IReadOnlyList<string> Columns { get; } =
        ["requests", "success", "failed", "refunded", "unknown", "refused", "tokens_in", "tokens_out", "cost", "latency_p50_ms", "latency_p95_ms", "latency_p99_ms"];

    /// <summary>The cells in CSV.</summary>
    public IReadOnlyList<object?> ToCells() =>
        [Requests, Success, Failed, Refunded, Unknown, Refused, TokensIn, TokensOut, Cost, LatencyP50Ms, LatencyP95Ms, LatencyP99Ms];

    /// <summary>What <c>cost</c> is counted in: for a key what it counts in, else the first of requests, tokens and usd in which anything was charged.</summary>
    [EnumDataType(typeof(QuotaUnit))]
    public string Unit { get; private init; } = EnumNames.Of(QuotaUnit.Requests);

    /// <summary>Counts with what they cost.</summary>
    /// <param name="counts">The counts.</param>
    /// <param name="costs">What they cost.</param>
    /// <param name="refused">Requests that were refused; null where that cannot be told.</param>
    /// <param name="unit">What a key counts in; null where that is not known, and for several keys.</param>
    public static UsageCountsResponse Of(UsageCounts counts, UnitCosts costs, long? refused, QuotaUnit? unit = null) => new(
        counts.Requests,
        counts.Succeeded,
        counts.Failed,
        counts.Refunded,
        counts.Unknown,
        refused,
        counts.TokensIn,
        counts.TokensOut,
        QuotaAmount.Of(costs.Units.GetValueOrDefault(unit ?? costs.Main), unit ?? costs.Main),
        costs.Units.ToDictionary(some => EnumNames.Of(some.Key), some => QuotaAmount.Of(some.Value, some.Key)),
        Milliseconds(counts.Latency.Quantile(0.5)),
        Milliseconds(counts.Latency.Quantile(0.95)),
        Milliseconds(counts.Latency.Quantile(0.99)))
    {
        Unit = EnumNames.Of(unit ?? costs.Main),
    };

    private static int? Milliseconds(double? value) => value is { } known ? (int)Math.Round(known) : null;
}

/// <summary>Usage of one group in one span of time.</summary>
internal sealed record UsageItemResponse : UsageCountsResponse
{
    private static readonly string[] Units = [.. Enum.GetValues<QuotaUnit>().Select(EnumNames.Of)];

    private UsageItemResponse(UsageCountsResponse counts)
        : base(counts)
    {
    }

    /// <summary>The key's id, where usage is grouped by key.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [Example("key_0123456789abcdefghij")]
    public string? Key { get; private init; }

    /// <summary>The key's name.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [Example("web shop")]
    public string? Name { get; private init; }

    /// <summary>The tenant: the key's, or the group.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [Example("acme")]
    public string? Tenant { get; private init; }

    /// <summary>The provider, where usage is grouped by provider.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [Example("openai")]
    public string? Provider { get; private init; }

    /// <summary>The model, where usage is grouped by model.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [Example("gpt-4o-mini")]
    public string? Model { get; private init; }

    /// <summary>When the span of time begins, where usage is split into hours or days.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? From { get; private init; }

    /// <summary>What is left to the key; absent for unlimited.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [Example(851)]
    public decimal? Remaining { get; private init; }

    /// <summary>Per cent of the key's quota that is used; absent for unlimited.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [Example(14.9)]
    public double? UsageRate { get; private init; }

    /// <summary>When the key was used last; absent for never.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? LastUsedAt { get; private init; }

    public static UsageItemResponse Of(UsageItem item, UsageGroup group)
    {
        var standing = item.Standing;
        return new UsageItemResponse(UsageCountsResponse.Of(item.Counts, item.Costs, item.Refused, standing?.Unit))
        {
            Key = group == UsageGroup.Key ? item.Group : null,
            Name = item.Name,
            Tenant = group == UsageGroup.Tenant ? item.Group : item.Tenant,
            Provider = group == UsageGroup.Provider ? item.Group : null,
            Model = group == UsageGroup.Model ? item.Group : null,
            From = item.From,
            Remaining = standing is null ? null : QuotaAmount.Of(standing.Remaining, standing.Unit),
            UsageRate = standing?.Limit is > 0 and var limit ? Math.Round(100.0 * standing.Used / limit, 1) : null,
            LastUsedAt = standing?.LastUsedAt,
        };
    }

    /// <summary>The names of the columns in CSV, for usage in groups of a kind.</summary>
    public static IReadOnlyList<string> ColumnsOf(UsageGroup group, bool isSplit)
    {
        string[] keys = group == UsageGroup.Key ? ["key", "name", "tenant"] : [EnumNames.Of(group)];
        string[] ends = group == UsageGroup.Key ? ["unit", "remaining", "usage_rate", "last_used_at"] : ["unit", .. Units.Select(unit => $"cost_{unit}")];
        return [.. keys, .. isSplit ? (string[])["from"] : [], .. Columns, .. ends];
    }

    /// <summary>The cells in CSV, in the order of <see cref="ColumnsOf"/>.</summary>
    public IReadOnlyList<object?> ToCells(UsageGroup group, bool isSplit)
    {
        object?[] keys = group == UsageGroup.Key ? [Key, Name, Tenant] : [Tenant ?? Provider ?? Model];
        object?[] ends = group == UsageGroup.Key ? [Unit, Remaining, UsageRate, LastUsedAt] : [Unit, .. Units.Select(unit => (object?)Costs.GetValueOrDefault(unit))];
        return [.. keys, .. isSplit ? (object?[])[From] : [], .. ToCells(), .. ends];
    }
}
