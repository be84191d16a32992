using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Functions.Admin;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Http.Requests;

/// <summary>What may be set of a key, at its creation and later.</summary>
internal abstract record KeyFields
{
    /// <summary>
    /// What may be used in all, counted in unit; required at creation unless quota_type is time. In usd 1,000,000 at the most, with six decimals
    /// at the most and without an exponent, like every amount.
    /// </summary>
    [Range(0, KeySettingsValidator.MaxQuota)]
    [Example(1000)]
    public decimal Quota { get; init; }

    /// <summary>
    /// count (default): a number of units. time: unlimited until it expires. hybrid: both; whichever comes first. time and hybrid need
    /// expires_at.
    /// </summary>
    [EnumDataType(typeof(QuotaType))]
    [DisallowNull]
    public string? QuotaType { get; init; }

    /// <summary>
    /// What every amount of the key is counted in; usd: US dollars, to the millionth. Default what the pool counts in, else requests. A key counts in
    /// usd exactly where its pool does. Cannot be changed to usd or from it.
    /// </summary>
    [EnumDataType(typeof(QuotaUnit))]
    [DisallowNull]
    public string? Unit { get; init; }

    /// <summary>ISO 8601 with an offset; in the future at creation. More than seven digits after the second are cut off.</summary>
    [Example("2030-01-31T23:59:59Z")]
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Requests in any 60 seconds; null for no limit.</summary>
    [Range(1, KeySettingsValidator.MaxRate)]
    [Example(60)]
    public int? RateLimitPerMinute { get; init; }

    /// <summary>The most that one charge may cost; null for 1,000,000.</summary>
    [Range(QuotaAmount.LeastDollars, ChargeRequest.MaxCost)]
    public decimal? MaxCost { get; init; }

    /// <summary>Forwarded calls that may be under way at once, on all instances together; null for no limit.</summary>
    [Range(1, KeySettingsValidator.MaxCalls)]
    [Example(5)]
    public int? MaxConcurrent { get; init; }

    /// <summary>How the quota is filled up again; null for never.</summary>
    public NewRefill? Refill { get; init; }

    /// <summary>Whose key it is, for lists and reports.</summary>
    [StringLength(KeySettingsValidator.MaxNameLength, MinimumLength = 1)]
    [Example("acme")]
    public string? Tenant { get; init; }

    /// <summary>The address of the key's holder.</summary>
    [EmailAddress]
    [MaxLength(KeySettingsValidator.MaxEmailLength)]
    [Example("ada@example.com")]
    public string? Email { get; init; }

    /// <summary>Empty for all.</summary>
    [MaxLength(KeySettingsValidator.MaxProviders)]
    [Example("openai")]
    public IReadOnlyList<string>? AllowedProviders { get; init; }

    /// <summary>Empty for all; * at the end stands for any ending.</summary>
    [MaxLength(KeySettingsValidator.MaxModels)]
    [Example("gpt-4o*")]
    public IReadOnlyList<string>? AllowedModels { get; init; }

    /// <summary>Addresses and networks (CIDR); empty for all.</summary>
    [MaxLength(KeySettingsValidator.MaxAddresses)]
    [Example("203.0.113.0/24")]
    public IReadOnlyList<string>? AllowedIps { get; init; }

    /// <summary>At most 2,000 characters in all.</summary>
    [MaxLength(KeySettingsValidator.MaxMetadataEntries)]
    [Example(Json = """{ "order": "4711" }""")]
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
}

/// <summary>A key to issue.</summary>
internal sealed record NewKey : KeyFields
{
    /// <summary>What people call it.</summary>
    [StringLength(KeySettingsValidator.MaxNameLength, MinimumLength = 1)]
    [Example("Ada's trial")]
    public required string Name { get; init; }

    /// <summary>What the secret begins with.</summary>
    [RegularExpression("^[a-z][a-z0-9]{1,15}$")]
    [DefaultValue("trial")]
    [DisallowNull]
    public string? Prefix { get; init; }

    /// <summary>The id of the pool that the key draws on besides its own quota.</summary>
    public string? Pool { get; init; }
}

/// <summary>What to change of a key. What is absent stays.</summary>
internal sealed record KeyChange : KeyFields
{
    /// <summary>What people call it.</summary>
    [StringLength(KeySettingsValidator.MaxNameLength, MinimumLength = 1)]
    [Example("Ada")]
    [DisallowNull]
    public string? Name { get; init; }

    /// <summary>Whether the key may be used.</summary>
    [AllowedValues("active", "disabled")]
    [Example("disabled")]
    [DisallowNull]
    public string? Status { get; init; }

    /// <summary>Cannot be changed; may be sent back as it is.</summary>
    [DisallowNull]
    public string? Prefix { get; init; }

    /// <summary>Cannot be changed; may be sent back as it is.</summary>
    public string? Pool { get; init; }
}

/// <summary>How a quota is to be filled up again.</summary>
internal sealed record NewRefill
{
    /// <summary>How often.</summary>
    [EnumDataType(typeof(RefillPeriod))]
    [Example("monthly")]
    public required string Period { get; init; }

    /// <summary>What each period grants.</summary>
    [Range(QuotaAmount.LeastDollars, KeySettingsValidator.MaxQuota)]
    [Example(100_000)]
    public required decimal Amount { get; init; }

    /// <summary>IANA name of the time zone whose midnight counts.</summary>
    [DefaultValue("UTC")]
    [Example("Europe/Berlin")]
    [DisallowNull]
    public string? TimeZone { get; init; }

    /// <summary>Day on which the period begins: 1 (Monday) to 7 for weekly, 1 to 31 for monthly; in shorter months their last day.</summary>
    [Range(1, 31)]
    [DefaultValue(1)]
    public int AnchorDay { get; init; }

    /// <summary>Keeps what was not used, up to rollover_cap.</summary>
    [DefaultValue(false)]
    public bool Rollover { get; init; }

    /// <summary>At least amount; null for twice the amount.</summary>
    [Range(QuotaAmount.LeastDollars, KeySettingsValidator.MaxQuota)]
    public decimal? RolloverCap { get; init; }
}

/// <summary>A key's new secret.</summary>
internal sealed record RotateRequest
{
    /// <summary>How long the old secret goes on.</summary>
    [Range(0, RotateKey.MaxOverlapSeconds)]
    [DefaultValue(0)]
    [Example(3600)]
    public long OverlapSeconds { get; init; }
}

/// <summary>A new beginning of a quota.</summary>
internal sealed record ResetRequest
{
    /// <summary>The new quota; null to leave it.</summary>
    [Range(0, KeySettingsValidator.MaxQuota)]
    [Example(2000)]
    public decimal? Quota { get; init; }
}

/// <summary>An addition to a quota.</summary>
internal sealed record TopUpRequest
{
    /// <summary>What to add, counted in what the quota counts in.</summary>
    [Range(QuotaAmount.LeastDollars, KeySettingsValidator.MaxQuota)]
    [Example(500)]
    public required decimal Amount { get; init; }
}
