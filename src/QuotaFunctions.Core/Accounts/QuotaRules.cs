using System.Net;

namespace QuotaFunctions.Core.Accounts;

/// <summary>Who may be charged, and what is left: the rules that need nothing but the records and the time.</summary>
internal static class QuotaRules
{
    /// <summary>Why a key may not be used at all with this secret; null when it may.</summary>
    public static ChargeRefusal? CheckStatus(KeyState? key, PoolState? pool, string secretHash, DateTimeOffset now)
    {
        if (key is null || !key.HasSecret(secretHash, now))
        {
            return ChargeRefusal.KeyInvalid;
        }

        if (key.Status == KeyStatus.Revoked || pool is { Status: KeyStatus.Revoked })
        {
            return ChargeRefusal.KeyRevoked;
        }

        if (key.Settings.ExpiresAt <= now)
        {
            return ChargeRefusal.KeyExpired;
        }

        return key.Status == KeyStatus.Disabled || pool is { Status: KeyStatus.Disabled } ? ChargeRefusal.KeyDisabled : null;
    }

    /// <summary>Why a key's holder may not ask for what costs nothing; null when it may.</summary>
    public static ChargeRefusal? Check(KeyState? key, PoolState? pool, string secretHash, IPAddress? address, DateTimeOffset now) =>
        CheckStatus(key, pool, secretHash, now) ?? (key!.Allows(address) ? null : ChargeRefusal.AddressNotAllowed);

    /// <summary>Why a key may not be used for this provider, model or address; null when it may.</summary>
    /// <param name="key">The key.</param>
    /// <param name="provider">The provider; null leaves both lists unasked.</param>
    /// <param name="model">The model; null where none is named.</param>
    /// <param name="address">Where the request comes from.</param>
    /// <param name="needsModel">Whether a request that names no model could reach any.</param>
    /// <param name="alias">The name that the client gave the model, and that the operator has another stand for: as good as the model where it is in the list itself, not by a pattern.</param>
    public static ChargeRefusal? CheckScope(KeyState key, string? provider, string? model, IPAddress? address, bool needsModel = true, string? alias = null)
    {
        var settings = key.Settings;
        if (!key.Allows(address))
        {
            return ChargeRefusal.AddressNotAllowed;
        }

        if (provider is not null && settings.AllowedProviders.Count > 0
            && !settings.AllowedProviders.Contains(provider, StringComparer.OrdinalIgnoreCase))
        {
            return ChargeRefusal.ProviderNotAllowed;
        }

        // A forwarded request that names no model, and should, could reach any: with a list, that is not allowed.
        return provider is not null && (model is not null || needsModel) && settings.AllowedModels.Count > 0
                && !AllowsModel(settings.AllowedModels, model) && !NamesModel(settings.AllowedModels, alias)
            ? ChargeRefusal.ModelNotAllowed
            : null;
    }

    /// <summary>How a key's quota stands at a moment, with a refill that is due by then and what has left the rate's window.</summary>
    public static QuotaSnapshot Snapshot(KeyState key, PoolState? pool, DateTimeOffset now)
    {
        var balance = AsOf(key.Balance, now);
        var poolBalance = pool is null ? null : AsOf(pool.Balance, now);
        var (rateRemaining, rateResetsIn) = Rate(key, now);
        var left = balance.Left;
        return new QuotaSnapshot
        {
            Type = balance.Type,
            Unit = balance.Unit,
            Limit = balance.Type == QuotaType.Time ? null : balance.Quota,
            Used = balance.Used,
            Held = balance.Held,
            Remaining = poolBalance is null ? left : Math.Min(left ?? long.MaxValue, poolBalance.Left ?? long.MaxValue),
            ResetsAt = balance.ResetsAt,
            ExpiresAt = key.Settings.ExpiresAt,
            RateLimitPerMinute = key.Settings.RateLimitPerMinute,
            RateRemaining = rateRemaining,
            RateResetsIn = rateResetsIn,
        };
    }

    /// <summary>
    /// How a key's quota looks to an instance that spends from a lease: what was free when the lease began, and what is left of it.
    /// What other instances have not spent of theirs counts as used.
    /// </summary>
    public static QuotaSnapshot Snapshot(KeyState key, LeaseState lease, DateTimeOffset now)
    {
        var snapshot = Snapshot(key, pool: null, now);
        var left = snapshot.Remaining is null ? (long?)null : snapshot.Remaining.Value + lease.Left;
        return snapshot with { Remaining = left, Used = left is null ? snapshot.Used + lease.Spent : snapshot.Limit!.Value - left.Value };
    }

    /// <summary>How a pool's quota stands at a moment, with a refill that is due by then.</summary>
    public static QuotaSnapshot Snapshot(PoolState pool, DateTimeOffset now)
    {
        var balance = AsOf(pool.Balance, now);
        return new QuotaSnapshot
        {
            Type = balance.Type,
            Limit = balance.Quota,
            Used = balance.Used,
            Held = balance.Held,
            Remaining = balance.Left,
            ResetsAt = balance.ResetsAt,
        };
    }

    /// <summary>The span from now to a moment, in whole seconds, rounded up, at least one.</summary>
    public static TimeSpan WholeSeconds(double milliseconds) => TimeSpan.FromSeconds(Math.Max(1, Math.Ceiling(milliseconds / 1000)));

    private static (int? Remaining, TimeSpan ResetsIn) Rate(KeyState key, DateTimeOffset now)
    {
        if (key.Settings.RateLimitPerMinute is not { } limit)
        {
            return (null, TimeSpan.Zero);
        }

        var nowMs = now.ToUnixTimeMilliseconds();
        var (count, nextFreeInMs) = key.Rate.AsOf(nowMs, limit);
        return (Math.Max(0, limit - count), count == 0 ? TimeSpan.Zero : WholeSeconds(nextFreeInMs));
    }

    private static QuotaBalance AsOf(QuotaBalance balance, DateTimeOffset now)
    {
        if (!balance.IsRefillDue(now))
        {
            return balance;
        }

        var copy = balance.Clone();
        copy.BeginPeriod(now, balance.LastReset);
        return copy;
    }

    private static bool NamesModel(IReadOnlyList<string> allowed, string? alias) =>
        alias?.EndsWith('*') == false && allowed.Contains(alias, StringComparer.OrdinalIgnoreCase);

    private static bool AllowsModel(IReadOnlyList<string> allowed, string? model) =>
        model is not null && allowed.Any(pattern => Pattern.Matches(pattern, model, StringComparison.OrdinalIgnoreCase));
}
