using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Keys;

/// <summary>How a key's quota stood when its usage was copied. All amounts in the key's unit.</summary>
/// <param name="Unit">What one unit stands for.</param>
/// <param name="Limit">Granted in all; null for unlimited.</param>
/// <param name="Used">Used.</param>
/// <param name="Remaining">Left; null for unlimited.</param>
/// <param name="LastUsedAt">When it was used last; null for never.</param>
/// <param name="ResetsAt">When the next refill is due; null for never, or where it is not known.</param>
public sealed record KeyStanding(
    QuotaUnit Unit, long? Limit, long Used, long? Remaining, DateTimeOffset? LastUsedAt, DateTimeOffset? ResetsAt = null)
{
    /// <summary>How it stands at a moment: a copy may be older than the refill that was due since. What was rolled over is not known here.</summary>
    /// <param name="now">The moment.</param>
    /// <param name="refill">What a refill grants; null where there is none.</param>
    private KeyStanding AsOf(DateTimeOffset now, long? refill) =>
        ResetsAt <= now && refill is { } amount && Limit is not null ? this with { Limit = amount, Used = 0, Remaining = amount, ResetsAt = null } : this;

    /// <summary>How a key stands: by its copy, or as it was issued where there is none, since it was never used; null where neither is known.</summary>
    /// <param name="key">What the index says of it.</param>
    /// <param name="copy">Its copy.</param>
    /// <param name="now">The moment.</param>
    internal static KeyStanding? Of(IndexedKey? key, KeyStanding? copy, DateTimeOffset now) =>
        copy is not null ? copy.AsOf(now, key?.Refill)
        : key?.Unit is { } unit ? new KeyStanding(unit, key.Quota, Used: 0, key.Quota, LastUsedAt: null)
        : null;
}
