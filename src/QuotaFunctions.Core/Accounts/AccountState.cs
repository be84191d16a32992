using System.Collections.Immutable;

namespace QuotaFunctions.Core.Accounts;

/// <summary>The end of an account's ledger: the commit that was decided last.</summary>
/// <param name="Sequence">Its number, 0 before the first.</param>
/// <param name="CommitId">Its id, by which a commit with an unclear answer is known again.</param>
/// <param name="At">When it was decided; the account's clock never goes back behind it.</param>
internal readonly record struct LedgerHead(long Sequence, Guid CommitId, DateTimeOffset At);

/// <summary>An account as it was read or committed last. Never changed: a <see cref="AccountTransaction"/> works on copies.</summary>
internal sealed class AccountState
{
    public required string AccountId { get; init; }

    public required LedgerHead Head { get; init; }

    /// <summary>The pool, in an account that several keys share; its row carries the head. Null for a key of its own.</summary>
    public PoolState? Pool { get; init; }

    /// <summary>The keys that were read so far: of a pool only those that were asked for. A key that is not there is null.</summary>
    public required ImmutableDictionary<string, KeyState?> Keys { get; init; }

    /// <summary>The service's time when this was known to be the account, to the second.</summary>
    public DateTimeOffset ServiceTime { get; init; }

    /// <summary>The same account, with more of its keys.</summary>
    public AccountState With(IEnumerable<KeyValuePair<string, KeyState?>> keys) =>
        new() { AccountId = AccountId, Head = Head, Pool = Pool, Keys = Keys.SetItems(keys), ServiceTime = ServiceTime };
}
