namespace QuotaFunctions.Core.Accounts;

/// <summary>A pool: its settings, and how it stands at the moment of reading.</summary>
public sealed record Pool
{
    /// <summary>Its id, <c>pool_…</c>.</summary>
    public required string Id { get; init; }

    /// <summary>What was set.</summary>
    public required PoolSettings Settings { get; init; }

    /// <summary>Whether it may be used.</summary>
    public KeyStatus Status { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>How its quota stands.</summary>
    public required QuotaSnapshot Quota { get; init; }
}
