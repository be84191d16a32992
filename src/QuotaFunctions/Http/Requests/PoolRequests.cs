using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Http.Requests;

/// <summary>A pool to make.</summary>
internal sealed record NewPool
{
    /// <summary>What people call it.</summary>
    [StringLength(KeySettingsValidator.MaxNameLength, MinimumLength = 1)]
    [Example("The team's pool")]
    public required string Name { get; init; }

    /// <summary>
    /// What every amount of the pool is counted in; usd: US dollars, to the millionth. Default requests. Cannot be changed to usd or from it.
    /// </summary>
    [EnumDataType(typeof(QuotaUnit))]
    [DisallowNull]
    public string? Unit { get; init; }

    /// <summary>What may be used in all.</summary>
    [Range(0, KeySettingsValidator.MaxQuota)]
    [Example(100_000)]
    public required decimal Quota { get; init; }

    /// <summary>How the quota is filled up again; null for never.</summary>
    [Example]
    public NewRefill? Refill { get; init; }

    /// <summary>Whose pool it is.</summary>
    [StringLength(KeySettingsValidator.MaxNameLength, MinimumLength = 1)]
    [Example("acme")]
    public string? Tenant { get; init; }
}

/// <summary>What to change of a pool. What is absent stays.</summary>
internal sealed record PoolChange
{
    /// <summary>What people call it.</summary>
    [StringLength(KeySettingsValidator.MaxNameLength, MinimumLength = 1)]
    [Example("Everybody's pool")]
    [DisallowNull]
    public string? Name { get; init; }

    /// <summary>
    /// What every amount of the pool is counted in; usd: US dollars, to the millionth. Default requests. Cannot be changed to usd or from it.
    /// </summary>
    [EnumDataType(typeof(QuotaUnit))]
    [DisallowNull]
    public string? Unit { get; init; }

    /// <summary>What may be used in all.</summary>
    [Range(0, KeySettingsValidator.MaxQuota)]
    public decimal Quota { get; init; }

    /// <summary>How the quota is filled up again; null for never.</summary>
    public NewRefill? Refill { get; init; }

    /// <summary>Whose pool it is.</summary>
    [StringLength(KeySettingsValidator.MaxNameLength, MinimumLength = 1)]
    public string? Tenant { get; init; }

    /// <summary>Whether the pool may be used.</summary>
    [AllowedValues("active", "disabled")]
    [Example("disabled")]
    [DisallowNull]
    public string? Status { get; init; }
}
