using System.Text.Json.Serialization;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Keys;

namespace QuotaFunctions.Http;

/// <summary>How a quota stands: the same for its holder and for an admin.</summary>
internal sealed record QuotaResponse
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

    public static QuotaResponse Of(QuotaSnapshot quota) => new()
    {
        QuotaType = EnumNames.Of(quota.Type),
        Unit = EnumNames.Of(quota.Unit),
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
internal sealed record KeyResponse
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

    public required RefillResponse? Refill { get; init; }

    public required string? Tenant { get; init; }

    public required string? Email { get; init; }

    public required IReadOnlyList<string> AllowedProviders { get; init; }

    public required IReadOnlyList<string> AllowedModels { get; init; }

    public required IReadOnlyList<string> AllowedIps { get; init; }

    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    public static KeyResponse Of(IssuedKey issued, DateTimeOffset now) => Of(issued.Key, now) with { Key = issued.Secret.Reveal() };

    public static KeyResponse Of(ApiKey key, DateTimeOffset now) => new()
    {
        Id = key.Id,
        Name = key.Settings.Name,
        Status = key.Status != KeyStatus.Revoked && key.Settings.ExpiresAt <= now ? "expired" : EnumNames.Of(key.Status),
        Prefix = key.Prefix,
        Pool = key.PoolId,
        QuotaType = EnumNames.Of(key.Settings.QuotaType),
        Unit = EnumNames.Of(key.Settings.Unit),
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
        Refill = RefillResponse.Of(key.Settings.Refill),
        Tenant = key.Settings.Tenant,
        Email = key.Settings.Email,
        AllowedProviders = key.Settings.AllowedProviders,
        AllowedModels = key.Settings.AllowedModels,
        AllowedIps = key.Settings.AllowedIps,
        Metadata = key.Settings.Metadata,
    };
}

/// <summary>How a quota is filled up again.</summary>
internal sealed record RefillResponse(string Period, long Amount, string TimeZone, int AnchorDay, bool Rollover, long? RolloverCap)
{
    public static RefillResponse? Of(RefillPolicy? refill) => refill is null
        ? null
        : new RefillResponse(EnumNames.Of(refill.Period), refill.Amount, refill.TimeZone, refill.AnchorDay, refill.Rollover, refill.RolloverCap);
}

/// <summary>A page of keys.</summary>
internal sealed record KeysResponse(
    int Total,
    IReadOnlyList<KeyResponse> Keys,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Next);

/// <summary>A pool as an admin sees it.</summary>
internal sealed record PoolResponse
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

    public required RefillResponse? Refill { get; init; }

    public required string? Tenant { get; init; }

    public static PoolResponse Of(Pool pool) => new()
    {
        Id = pool.Id,
        Name = pool.Settings.Name,
        Status = EnumNames.Of(pool.Status),
        Quota = pool.Quota.Limit,
        Used = pool.Quota.Used,
        Held = pool.Quota.Held,
        Remaining = pool.Quota.Remaining,
        ResetsAt = pool.Quota.ResetsAt,
        CreatedAt = pool.CreatedAt,
        Refill = RefillResponse.Of(pool.Settings.Refill),
        Tenant = pool.Settings.Tenant,
    };
}

/// <summary>All pools.</summary>
internal sealed record PoolsResponse(int Total, IReadOnlyList<PoolResponse> Pools);

/// <summary>A page of the log.</summary>
internal sealed record LogsResponse(
    IReadOnlyList<AuditRow> Logs,
    int Page,
    int PageSize,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Next);

/// <summary>Whether the process serves.</summary>
internal sealed record AliveResponse(bool Ok);

/// <summary>Whether the service works.</summary>
internal sealed record HealthResponse(
    string Status, string Service, string Version, IReadOnlyList<string> Providers, IReadOnlyDictionary<string, string> Checks);

/// <summary>How each dependency is.</summary>
internal sealed record AdminHealthAnswer(
    string Status, string Service, string Version, IReadOnlyDictionary<string, DependencyResponse> Checks);

/// <summary>How one dependency is.</summary>
internal sealed record DependencyResponse(
    string Status,
    double LatencyMs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Error);

/// <summary>The contract's words for enumerations.</summary>
internal static class EnumNames
{
    public static string Of<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}

/// <summary>How answers are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(TimestampConverter)])]
[JsonSerializable(typeof(QuotaResponse))]
[JsonSerializable(typeof(KeyResponse))]
[JsonSerializable(typeof(KeysResponse))]
[JsonSerializable(typeof(PoolResponse))]
[JsonSerializable(typeof(PoolsResponse))]
[JsonSerializable(typeof(LogsResponse))]
[JsonSerializable(typeof(Verification))]
[JsonSerializable(typeof(AliveResponse))]
[JsonSerializable(typeof(HealthResponse))]
[JsonSerializable(typeof(AdminHealthAnswer))]
internal sealed partial class ResponseJson : JsonSerializerContext;
