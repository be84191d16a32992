namespace QuotaFunctions.Core.Accounts;

/// <summary>How a quota stands at one moment. All amounts are in the key's unit.</summary>
public sealed record QuotaSnapshot
{
    /// <summary>What is limited.</summary>
    public required QuotaType Type { get; init; }

    /// <summary>What one unit stands for.</summary>
    public QuotaUnit Unit { get; init; }

    /// <summary>Units granted in all (in the current period, where there is a refill); null for unlimited.</summary>
    public long? Limit { get; init; }

    /// <summary>Units used, holds included.</summary>
    public required long Used { get; init; }

    /// <summary>Of <see cref="Used"/>, what is only held until its request is settled.</summary>
    public long Held { get; init; }

    /// <summary>Units left, never below 0; null for unlimited. For a key in a pool the lesser of its own and the pool's.</summary>
    public long? Remaining { get; init; }

    /// <summary>When the next refill is due, or null.</summary>
    public DateTimeOffset? ResetsAt { get; init; }

    /// <summary>When the key expires, or null.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Requests in any 60 seconds, or null for no limit.</summary>
    public int? RateLimitPerMinute { get; init; }

    /// <summary>Requests that the rate allows at once.</summary>
    public int? RateRemaining { get; init; }

    /// <summary>Until the rate allows one more than <see cref="RateRemaining"/>, in whole seconds; zero when nothing is counted.</summary>
    public TimeSpan RateResetsIn { get; init; }
}
