using System.Text.Json.Serialization;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Quotas;

namespace QuotaFunctions.Http;

/// <summary>How a quota stands: the same for its holder and for an admin.</summary>
internal sealed record QuotaAnswer
{
    public required string QuotaType { get; init; }

    public required string Unit { get; init; }

    public required long? TotalQuota { get; init; }

    public required long? RemainingQuota { get; init; }

    public required long ConsumedQuota { get; init; }

    public required long HeldQuota { get; init; }

    public required DateTimeOffset? ExpiresAt { get; init; }

    public required DateTimeOffset? ResetsAt { get; init; }

    public required int? RateLimitPerMinute { get; init; }

    public required int? RateRemaining { get; init; }

    public static QuotaAnswer Of(QuotaSnapshot quota) => new()
    {
        QuotaType = Words.Of(quota.Type),
        Unit = Words.Of(quota.Unit),
        TotalQuota = quota.Limit,
        RemainingQuota = quota.Remaining,
        ConsumedQuota = quota.Used,
        HeldQuota = quota.Held,
        ExpiresAt = quota.ExpiresAt,
        ResetsAt = quota.ResetsAt,
        RateLimitPerMinute = quota.RateLimitPerMinute,
        RateRemaining = quota.RateRemaining,
    };
}

/// <summary>A key as an admin sees it. <see cref="Key"/> is there at creation and rotation only.</summary>
internal sealed record KeyAnswer
{
    public required string Id { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Key { get; init; }

    public required string Name { get; init; }

    public required string Status { get; init; }

    public required string Prefix { get; init; }

    public required string? Pool { get; init; }

    public required string QuotaType { get; init; }

    public required string Unit { get; init; }

    public required long? Quota { get; init; }

    public required long Used { get; init; }

    public required long Held { get; init; }

    public required long? Remaining { get; init; }

    public required DateTimeOffset? ExpiresAt { get; init; }

    public required DateTimeOffset? ResetsAt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset? LastUsedAt { get; init; }

    public required int? RateLimitPerMinute { get; init; }

    public required long? MaxCost { get; init; }

    public required RefillAnswer? Refill { get; init; }

    public required string? Tenant { get; init; }

    public required string? Email { get; init; }

    public required IReadOnlyList<string> AllowedProviders { get; init; }

    public required IReadOnlyList<string> AllowedModels { get; init; }

    public required IReadOnlyList<string> AllowedIps { get; init; }

    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    public static KeyAnswer Of(IssuedKey issued, DateTimeOffset now) => Of(issued.Key, now) with { Key = issued.Secret.Reveal() };

    public static KeyAnswer Of(ApiKey key, DateTimeOffset now) => new()
    {
        Id = key.Id,
        Name = key.Settings.Name,
        Status = key.Status != KeyStatus.Revoked && key.Settings.ExpiresAt <= now ? "expired" : Words.Of(key.Status),
        Prefix = key.Prefix,
        Pool = key.PoolId,
        QuotaType = Words.Of(key.Settings.QuotaType),
        Unit = Words.Of(key.Settings.Unit),
        Quota = key.Quota.Limit,
        Used = key.Quota.Used,
        Held = key.Quota.Held,
        Remaining = key.Quota.Remaining,
        ExpiresAt = key.Settings.ExpiresAt,
        ResetsAt = key.Quota.ResetsAt,
        CreatedAt = key.CreatedAt,
        LastUsedAt = key.LastUsedAt,
        RateLimitPerMinute = key.Settings.RateLimitPerMinute,
        MaxCost = key.Settings.MaxCost,
        Refill = RefillAnswer.Of(key.Settings.Refill),
        Tenant = key.Settings.Tenant,
        Email = key.Settings.Email,
        AllowedProviders = key.Settings.AllowedProviders,
        AllowedModels = key.Settings.AllowedModels,
        AllowedIps = key.Settings.AllowedIps,
        Metadata = key.Settings.Metadata,
    };
}

/// <summary>How a quota is filled up again.</summary>
internal sealed record RefillAnswer(string Period, long Amount, string TimeZone, int AnchorDay, bool Rollover, long? RolloverCap)
{
    public static RefillAnswer? Of(RefillPolicy? refill) => refill is null
        ? null
        : new RefillAnswer(Words.Of(refill.Period), refill.Amount, refill.TimeZone, refill.AnchorDay, refill.Rollover, refill.RolloverCap);
}

/// <summary>A page of keys.</summary>
internal sealed record KeysAnswer(
    int Total,
    IReadOnlyList<KeyAnswer> Keys,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Next);

/// <summary>A pool as an admin sees it.</summary>
internal sealed record PoolAnswer
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string Status { get; init; }

    public required long? Quota { get; init; }

    public required long Used { get; init; }

    public required long Held { get; init; }

    public required long? Remaining { get; init; }

    public required DateTimeOffset? ResetsAt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required RefillAnswer? Refill { get; init; }

    public required string? Tenant { get; init; }

    public static PoolAnswer Of(Pool pool) => new()
    {
        Id = pool.Id,
        Name = pool.Settings.Name,
        Status = Words.Of(pool.Status),
        Quota = pool.Quota.Limit,
        Used = pool.Quota.Used,
        Held = pool.Quota.Held,
        Remaining = pool.Quota.Remaining,
        ResetsAt = pool.Quota.ResetsAt,
        CreatedAt = pool.CreatedAt,
        Refill = RefillAnswer.Of(pool.Settings.Refill),
        Tenant = pool.Settings.Tenant,
    };
}

/// <summary>All pools.</summary>
internal sealed record PoolsAnswer(int Total, IReadOnlyList<PoolAnswer> Pools);

/// <summary>A page of the log.</summary>
internal sealed record LogsAnswer(
    IReadOnlyList<AuditRow> Logs,
    int Page,
    int PageSize,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Next);

/// <summary>Whether the process serves.</summary>
internal sealed record AliveAnswer(bool Ok);

/// <summary>Whether the service works.</summary>
internal sealed record HealthAnswer(
    string Status, string Service, string Version, IReadOnlyList<string> Providers, IReadOnlyDictionary<string, string> Checks);

/// <summary>How each dependency is.</summary>
internal sealed record AdminHealthAnswer(
    string Status, string Service, string Version, IReadOnlyDictionary<string, DependencyAnswer> Checks);

/// <summary>How one dependency is.</summary>
internal sealed record DependencyAnswer(
    string Status,
    double LatencyMs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Error);

/// <summary>The contract's words for enumerations.</summary>
internal static class Words
{
    public static string Of<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}

/// <summary>How answers are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(TimestampConverter)])]
[JsonSerializable(typeof(QuotaAnswer))]
[JsonSerializable(typeof(KeyAnswer))]
[JsonSerializable(typeof(KeysAnswer))]
[JsonSerializable(typeof(PoolAnswer))]
[JsonSerializable(typeof(PoolsAnswer))]
[JsonSerializable(typeof(LogsAnswer))]
[JsonSerializable(typeof(Verification))]
[JsonSerializable(typeof(AliveAnswer))]
[JsonSerializable(typeof(HealthAnswer))]
[JsonSerializable(typeof(AdminHealthAnswer))]
internal sealed partial class AnswerJson : JsonSerializerContext;
