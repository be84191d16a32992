using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Charging;

/// <summary>
/// When a writer takes a lease, and how large: not before other instances keep winning the race for the account's row, and then for
/// about two seconds' worth of charges, never for more than a small part of what is free.
/// </summary>
internal sealed class LeasePolicy(QuotaEngineOptions options, TimeProvider clock)
{
    /// <summary>Lost commits, fading by a quarter with each one won, that make a lease worth while.</summary>
    private const double WorthWhile = 2;

    private const double Fading = 0.75;

    /// <summary>A lease takes at most this part of what is free, so that many instances get their share.</summary>
    private const int LargestPart = 16;

    private const long MinAllotment = 64;
    private const long FirstAllotment = 512;
    private const long MaxAllotment = 1_000_000;

    /// <summary>How long a lease should last.</summary>
    private static readonly TimeSpan GoodLifetime = TimeSpan.FromSeconds(2);

    private double _pressure;
    private long _allotment = FirstAllotment;
    private long _takenAt;

    /// <summary>Another instance was faster.</summary>
    public void NoteConflict() => _pressure++;

    /// <summary>A commit was won.</summary>
    public void NoteCommit(AccountTransaction transaction)
    {
        if (transaction.GrantedLease is not null)
        {
            _takenAt = clock.GetTimestamp();
        }
        else if (transaction.Lease is null)
        {
            _pressure *= Fading;
        }
    }

    /// <summary>True while a lease may still be spent from.</summary>
    public static bool IsUsable(LeaseState lease, DateTimeOffset now) =>
        lease is { IsClosed: false, Left: > 0 } && now < lease.Until && !lease.IsAtEnd;

    /// <summary>Adds a lease to a commit, where it is worth while.</summary>
    /// <param name="transaction">The commit.</param>
    /// <param name="keyId">The account's key.</param>
    /// <param name="hasNone">True when the writer has no lease, or none after this commit.</param>
    public void TryGrant(AccountTransaction transaction, string keyId, bool hasNone)
    {
        var isWanted = options.Leases == LeaseMode.Always || (options.Leases == LeaseMode.Auto && _pressure >= WorthWhile);
        if (!isWanted || !hasNone || transaction.Row.Entries.All(entry => entry.Kind != LedgerEntryKind.Forward && entry.Kind != LedgerEntryKind.Consume))
        {
            return;
        }

        // A pool, a rate, calls under way and a hold are counted in the account's own rows, with every charge; and what is estimated in tokens or
        // dollars is held.
        if (transaction.PeekPool() is not null || transaction.Peek(keyId) is not { Settings: { RateLimitPerMinute: null, MaxConcurrent: null } } key || key.Status != KeyStatus.Active
            || key.Balance.Unit != QuotaUnit.Requests)
        {
            return;
        }

        Resize();
        var allotment = Math.Min(_allotment, (key.Balance.Left ?? long.MaxValue) / LargestPart);
        if (allotment >= MinAllotment)
        {
            // Not into the next period: what is set aside belongs to this one.
            var untilReset = key.Balance.ResetsAt - transaction.At;
            transaction.Grant(keyId, allotment, untilReset < options.LeaseLifetime ? untilReset.Value : options.LeaseLifetime);
        }
    }

    private void Resize()
    {
        if (_takenAt != 0)
        {
            var lasted = clock.GetElapsedTime(_takenAt);
            _allotment = lasted < GoodLifetime ? Math.Min(_allotment * 2, MaxAllotment) : lasted > 4 * GoodLifetime ? Math.Max(_allotment / 2, FirstAllotment) : _allotment;
        }
    }
}
