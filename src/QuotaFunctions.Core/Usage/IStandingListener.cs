using System.Globalization;
using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Usage;

/// <summary>How much of a quota is used: of a key, or of a pool.</summary>
/// <param name="Subject">The id of the key or the pool.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Unit">What one unit stands for.</param>
/// <param name="Limit">Granted in all, in the unit; null for unlimited, and for what is revoked.</param>
/// <param name="Used">Used, in the unit; without what is only held.</param>
/// <param name="Period">Names what was granted: another one after a refill, a reset, and every change of the amount.</param>
/// <param name="ResetsAt">When the next refill is due, or null.</param>
/// <param name="Version">The number of the account's last commit: of two standings the one with the greater number is the later one.</param>
internal sealed record QuotaStanding(
    string Subject, string Name, QuotaUnit Unit, long? Limit, long Used, string Period, DateTimeOffset? ResetsAt, long Version)
{
    /// <summary>How a key stands.</summary>
    public static QuotaStanding Of(AccountSnapshot record, DateTimeOffset now)
    {
        var key = record.Key;
        return Of(
            key.Locator.KeyId, key.Settings.Name, QuotaRules.Snapshot(key, pool: null, now), key.Balance, key.Status == KeyStatus.Revoked, record.Head.Sequence);
    }

    /// <summary>How a pool stands.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="version">The number of its account's last commit.</param>
    /// <param name="now">The time.</param>
    public static QuotaStanding Of(PoolState pool, long version, DateTimeOffset now) =>
        Of(pool.Id, pool.Settings.Name, QuotaRules.Snapshot(pool, now), pool.Balance, pool.Status == KeyStatus.Revoked, version);

    private static QuotaStanding Of(string id, string name, QuotaSnapshot quota, QuotaBalance balance, bool isRevoked, long version)
    {
        // A refill that is due and not written yet has the last reset of the period before. Nothing is used then, so that does no harm.
        var reset = balance.LastReset;
        var period = string.Create(CultureInfo.InvariantCulture, $"{quota.ResetsAt?.ToUnixTimeSeconds()}/{quota.Limit}/{reset.Sequence}.{reset.Index}{(isRevoked ? "/revoked" : "")}");
        return new QuotaStanding(id, name, quota.Unit, isRevoked ? null : quota.Limit, quota.Used - quota.Held, period, quota.ResetsAt, version);
    }
}

/// <summary>Is told of each key that was used or changed, and of its pool: how it stood when it was looked at before, and how it stands now.</summary>
internal interface IStandingListener
{
    /// <summary>
    /// Told before the new standing is remembered: where a process dies in between, or another instance looks at the same time, it is told
    /// again, and perhaps out of order.
    /// </summary>
    /// <param name="before">How it stood; null where nobody has looked before.</param>
    /// <param name="now">How it stands.</param>
    /// <param name="cancellationToken">Ends the work; it is told again then.</param>
    Task ToldAsync(StandingMark? before, QuotaStanding now, CancellationToken cancellationToken);
}

/// <summary>What is remembered of a standing.</summary>
/// <param name="Limit">Granted in all; null for unlimited.</param>
/// <param name="Used">Used; without what was only held.</param>
/// <param name="Period">What was granted.</param>
internal sealed record StandingMark(long? Limit, long Used, string Period);
