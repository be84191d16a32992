using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Http;

/// <summary>A key as an admin sees it, without its secret.</summary>
internal record KeyResponse
{
    /// <summary>The key's id.</summary>
    [RegularExpression("^key_")]
    [Example("key_3mJr7AoUXx2WqdAgh1Zk")]
    public required string Id { get; init; }

    /// <summary>What people call it.</summary>
    [Example("Ada's trial")]
    public required string Name { get; init; }

    /// <summary>Whether it may be used.</summary>
    [AllowedValues("active", "disabled", "expired", "revoked")]
    public required string Status { get; init; }

    /// <summary>What the secret begins with.</summary>
    [Example("trial")]
    public required string Prefix { get; init; }

    /// <summary>The id of the pool that it draws on besides its own quota; null for none.</summary>
    public required string? Pool { get; init; }

    /// <summary>What the quota limits.</summary>
    [EnumDataType(typeof(QuotaType))]
    public required string QuotaType { get; init; }

    /// <summary>What amounts are counted in: in usd they are US dollars, with six decimals at the most.</summary>
    [EnumDataType(typeof(QuotaUnit))]
    public required string Unit { get; init; }

    /// <summary>null for unlimited.</summary>
    [Example(1000)]
    public required decimal? Quota { get; init; }

    /// <summary>Holds included.</summary>
    public required decimal Used { get; init; }

    /// <summary>Of what is used, what is only held until its request is settled.</summary>
    public required decimal Held { get; init; }

    /// <summary>null for unlimited; for a key in a pool the lesser of its own and the pool's.</summary>
    [Example(1000)]
    public required decimal? Remaining { get; init; }

    /// <summary>When it expires; null for never.</summary>
    [Example("2030-01-31T23:59:59Z")]
    public required DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When the next refill is due; null for never.</summary>
    public required DateTimeOffset? ResetsAt { get; init; }

    /// <summary>When it was issued.</summary>
    [Example("2026-01-01T09:30:00.1234567Z")]
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last charged; null for never.</summary>
    public required DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>Requests in any 60 seconds; null for no limit.</summary>
    [Example(60)]
    public required int? RateLimitPerMinute { get; init; }

    /// <summary>The most that one charge may cost; null for 1,000,000.</summary>
    public required decimal? MaxCost { get; init; }

    /// <summary>Forwarded calls that may be under way at once; null for no limit.</summary>
    [Example(5)]
    public required int? MaxConcurrent { get; init; }

    /// <summary>How the quota is filled up again; null for never.</summary>
    public required RefillResponse? Refill { get; init; }

    /// <summary>Whose key it is.</summary>
    [Example("acme")]
    public required string? Tenant { get; init; }

    /// <summary>The address of the key's holder.</summary>
    [Example("ada@example.com")]
    public required string? Email { get; init; }

    /// <summary>Empty for all.</summary>
    [Example("openai")]
    public required IReadOnlyList<string> AllowedProviders { get; init; }

    /// <summary>Empty for all; * at the end stands for any ending.</summary>
    [Example("gpt-4o*")]
    public required IReadOnlyList<string> AllowedModels { get; init; }

    /// <summary>Addresses and networks (CIDR); empty for all.</summary>
    [Example("203.0.113.0/24")]
    public required IReadOnlyList<string> AllowedIps { get; init; }

    /// <summary>What the admin noted of it.</summary>
    [Example(Json = """{ "order": "4711" }""")]
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    public static KeyResponse Of(ApiKey key, DateTimeOffset now) => new()
    {
        Id = key.Id,
        Name = key.Settings.Name,
        Status = key.Status != KeyStatus.Revoked && key.Settings.ExpiresAt <= now ? "expired" : EnumNames.Of(key.Status),
        Prefix = key.Prefix,
        Pool = key.PoolId,
        QuotaType = EnumNames.Of(key.Settings.QuotaType),
        Unit = EnumNames.Of(key.Settings.Unit),
        Quota = QuotaAmount.Of(key.Quota.Limit, key.Settings.Unit),
        Used = QuotaAmount.Of(key.Quota.Used, key.Settings.Unit),
        Held = QuotaAmount.Of(key.Quota.Held, key.Settings.Unit),
        Remaining = QuotaAmount.Of(key.Quota.Remaining, key.Settings.Unit),
        ExpiresAt = key.Settings.ExpiresAt,
        ResetsAt = key.Quota.ResetsAt,
        CreatedAt = key.CreatedAt,
        LastUsedAt = key.LastUsedAt,
        RateLimitPerMinute = key.Settings.RateLimitPerMinute,
        MaxCost = QuotaAmount.Of(key.Settings.MaxCost, key.Settings.Unit),
        MaxConcurrent = key.Settings.MaxConcurrent,
        Refill = RefillResponse.Of(key.Settings.Refill, key.Settings.Unit),
        Tenant = key.Settings.Tenant,
        Email = key.Settings.Email,
        AllowedProviders = key.Settings.AllowedProviders,
        AllowedModels = key.Settings.AllowedModels,
        AllowedIps = key.Settings.AllowedIps,
        Metadata = key.Settings.Metadata,
    };
}

/// <summary>A key with its new secret.</summary>
internal sealed record IssuedKeyResponse : KeyResponse
{
    /// <summary>Makes an answer that is filled field by field.</summary>
    public IssuedKeyResponse()
    {
    }

    [SetsRequiredMembers]
    private IssuedKeyResponse(KeyResponse key, string secret)
        : base(key) => Key = secret;

    /// <summary>The secret: shown here and never again.</summary>
    [Example("trial_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghi000000")]
    public required string Key { get; init; }

    public static IssuedKeyResponse Of(IssuedKey issued, DateTimeOffset now) => new(Of(issued.Key, now), issued.Secret.Reveal());
}

/// <summary>A page of keys.</summary>
/// <param name="Total">How many fit the query in all.</param>
/// <param name="Keys">The page.</param>
/// <param name="Next">The cursor of the next page; absent on the last.</param>
internal sealed record KeysResponse(
    [property: Example(1)] int Total,
    IReadOnlyList<KeyResponse> Keys,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Next);
