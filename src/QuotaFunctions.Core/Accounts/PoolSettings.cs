namespace QuotaFunctions.Core.Accounts;

/// <summary>What may be set of a pool: a quota that several keys draw on, each besides its own.</summary>
public sealed record PoolSettings
{
    /// <summary>What people call it, 1 to 200 characters.</summary>
    public required string Name { get; init; }

    /// <summary>What one unit stands for.</summary>
    public QuotaUnit Unit { get; init; }

    /// <summary>Units in all, 0 to 1,000,000,000,000.</summary>
    public long Quota { get; init; }

    /// <summary>How the quota is filled up again; null for never.</summary>
    public RefillPolicy? Refill { get; init; }

    /// <summary>Whom the pool belongs to.</summary>
    public string? Tenant { get; init; }
}
