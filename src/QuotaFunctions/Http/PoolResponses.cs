using System.ComponentModel.DataAnnotations;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Http;

/// <summary>A pool as an admin sees it.</summary>
internal sealed record PoolResponse
{
    /// <summary>The pool's id.</summary>
    [RegularExpression("^pool_")]
    [Example("pool_9pQe2LkVb7RtYw4Hs0Nc")]
    public required string Id { get; init; }

    /// <summary>What people call it.</summary>
    [Example("The team's pool")]
    public required string Name { get; init; }

    /// <summary>Whether it may be used.</summary>
    [EnumDataType(typeof(KeyStatus))]
    public required string Status { get; init; }

    /// <summary>What amounts are counted in: in usd they are US dollars, with six decimals at the most.</summary>
    [EnumDataType(typeof(QuotaUnit))]
    public required string Unit { get; init; }

    /// <summary>The quota in all.</summary>
    [Example(100_000)]
    public required decimal? Quota { get; init; }

    /// <summary>Holds included.</summary>
    public required decimal Used { get; init; }

    /// <summary>Of what is used, what is only held until its request is settled.</summary>
    public required decimal Held { get; init; }

    /// <summary>What is left of it.</summary>
    [Example(100_000)]
    public required decimal? Remaining { get; init; }

    /// <summary>When the next refill is due; null for never.</summary>
    [Example("2026-02-01T00:00:00Z")]
    public required DateTimeOffset? ResetsAt { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>How the quota is filled up again; null for never.</summary>
    [Example]
    public required RefillResponse? Refill { get; init; }

    /// <summary>Whose pool it is.</summary>
    [Example("acme")]
    public required string? Tenant { get; init; }

    public static PoolResponse Of(Pool pool) => new()
    {
        Id = pool.Id,
        Name = pool.Settings.Name,
        Status = EnumNames.Of(pool.Status),
        Unit = EnumNames.Of(pool.Settings.Unit),
        Quota = QuotaAmount.Of(pool.Quota.Limit, pool.Settings.Unit),
        Used = QuotaAmount.Of(pool.Quota.Used, pool.Settings.Unit),
        Held = QuotaAmount.Of(pool.Quota.Held, pool.Settings.Unit),
        Remaining = QuotaAmount.Of(pool.Quota.Remaining, pool.Settings.Unit),
        ResetsAt = pool.Quota.ResetsAt,
        CreatedAt = pool.CreatedAt,
        Refill = RefillResponse.Of(pool.Settings.Refill, pool.Settings.Unit),
        Tenant = pool.Settings.Tenant,
    };
}

/// <summary>All pools.</summary>
/// <param name="Total">How many there are.</param>
/// <param name="Pools">The pools.</param>
internal sealed record PoolsResponse([property: Example(1)] int Total, IReadOnlyList<PoolResponse> Pools);
