using System.ComponentModel.DataAnnotations;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Http;

/// <summary>How a quota stands: the same for its holder and for an admin.</summary>
internal sealed record QuotaResponse
{
    /// <summary>What the quota limits.</summary>
    [EnumDataType(typeof(QuotaType))]
    public required string QuotaType { get; init; }

    /// <summary>What amounts are counted in: in usd they are US dollars, with six decimals at the most.</summary>
    [EnumDataType(typeof(QuotaUnit))]
    public required string Unit { get; init; }

    /// <summary>null for unlimited.</summary>
    [Example(1000)]
    public required decimal? TotalQuota { get; init; }

    /// <summary>null for unlimited; for a key in a pool the lesser of its own and the pool's.</summary>
    [Example(849)]
    public required decimal? RemainingQuota { get; init; }

    /// <summary>Holds included.</summary>
    [Example(151)]
    public required decimal ConsumedQuota { get; init; }

    /// <summary>Of what is consumed, what is only held until its request is settled.</summary>
    [Example(1)]
    public required decimal HeldQuota { get; init; }

    /// <summary>When the key expires; null for never.</summary>
    [Example("2030-01-31T23:59:59Z")]
    public required DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When the next refill is due; null for never.</summary>
    public required DateTimeOffset? ResetsAt { get; init; }

    /// <summary>Requests in any 60 seconds; null for no limit.</summary>
    [Example(60)]
    public required int? RateLimitPerMinute { get; init; }

    /// <summary>Requests that the rate allows at once; null for no limit.</summary>
    [Example(59)]
    public required int? RateRemaining { get; init; }

    public static QuotaResponse Of(QuotaSnapshot quota) => new()
    {
        QuotaType = EnumNames.Of(quota.Type),
        Unit = EnumNames.Of(quota.Unit),
        TotalQuota = QuotaAmount.Of(quota.Limit, quota.Unit),
        RemainingQuota = QuotaAmount.Of(quota.Remaining, quota.Unit),
        ConsumedQuota = QuotaAmount.Of(quota.Used, quota.Unit),
        HeldQuota = QuotaAmount.Of(quota.Held, quota.Unit),
        ExpiresAt = quota.ExpiresAt,
        ResetsAt = quota.ResetsAt,
        RateLimitPerMinute = quota.RateLimitPerMinute,
        RateRemaining = quota.RateRemaining,
    };
}
