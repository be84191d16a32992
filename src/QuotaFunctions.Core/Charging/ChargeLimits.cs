using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Charging;

/// <summary>A limit that a charge would go over.</summary>
/// <param name="Refusal">Which.</param>
/// <param name="RetryAfterMs">When it is worth while to ask again, in milliseconds; null where nobody knows.</param>
internal sealed record ReachedLimit(ChargeRefusal Refusal, double? RetryAfterMs);

/// <summary>The limits that a charge is held to. Each check returns null where the charge stays within it.</summary>
internal static class ChargeLimits
{
    /// <summary>When it is worth while to ask again where too many calls are under way.</summary>
    private static readonly TimeSpan RetryOfCalls = TimeSpan.FromSeconds(1);

    /// <summary>The key's quota, and its pool's.</summary>
    public static ReachedLimit? CheckQuota(AccountTransaction transaction, string keyId, long cost)
    {
        if (cost == 0)
        {
            // Everything but the quota is checked
            return null;
        }

        var own = transaction.Peek(keyId)!.Balance;
        var pool = transaction.PeekPool()?.Balance;
        var ownFails = !own.Affords(cost);
        var poolFails = pool is not null && !pool.Affords(cost);
        if (!ownFails && !poolFails)
        {
            return null;
        }

        DateTimeOffset? due = (ownFails, poolFails) switch
        {
            (true, true) => own.ResetsAt > pool!.ResetsAt ? own.ResetsAt : own.ResetsAt is null ? null : pool.ResetsAt,
            (true, false) => own.ResetsAt,
            _ => pool!.ResetsAt,
        };
        return new ReachedLimit(ChargeRefusal.QuotaExhausted, (due - transaction.At)?.TotalMilliseconds);
    }

    /// <summary>What neither the key nor its pool has used or set aside.</summary>
    public static long Left(AccountTransaction transaction, string keyId) =>
        Math.Min(transaction.Peek(keyId)!.Balance.Left ?? long.MaxValue, transaction.PeekPool()?.Balance.Left ?? long.MaxValue);

    /// <summary>The key's rate per minute.</summary>
    public static ReachedLimit? CheckRate(AccountTransaction transaction, string keyId)
    {
        var key = transaction.Peek(keyId)!;
        if (key.Settings.RateLimitPerMinute is not { } limit)
        {
            return null;
        }

        var (count, freeInMs) = key.Rate.AsOf(transaction.At.ToUnixTimeMilliseconds(), limit);
        return count < limit ? null : new ReachedLimit(ChargeRefusal.RateLimited, freeInMs);
    }

    /// <summary>How many calls of the key may be under way at once.</summary>
    public static ReachedLimit? CheckCalls(KeyState key) => key.OpenCalls >= key.Settings.MaxConcurrent
        ? new ReachedLimit(ChargeRefusal.TooManyCalls, RetryOfCalls.TotalMilliseconds)
        : null;
}
