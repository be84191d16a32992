using Azure;

namespace QuotaFunctions.Core.Accounts;

/// <summary>A pool's record with its counters.</summary>
internal sealed class PoolState
{
    public required string Id { get; init; }

    public required PoolSettings Settings { get; set; }

    public KeyStatus Status { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required QuotaBalance Balance { get; set; }

    /// <summary>The row's version in storage.</summary>
    public ETag Version { get; set; }

    /// <summary>True where more than counters changed since <see cref="Version"/>.</summary>
    public bool RecordChanged { get; set; }

    /// <summary>The pool as others see it, with a refill that is due at that moment.</summary>
    public Pool ToPool(DateTimeOffset now) => new()
    {
        Id = Id,
        Settings = Settings with { Quota = Balance.Quota },
        Status = Status,
        CreatedAt = CreatedAt,
        Quota = QuotaRules.Snapshot(this, now),
    };

    public PoolState Clone()
    {
        var copy = (PoolState)MemberwiseClone();
        copy.Balance = Balance.Clone();
        copy.RecordChanged = false;
        return copy;
    }
}
