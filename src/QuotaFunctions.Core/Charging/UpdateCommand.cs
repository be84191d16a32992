using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Charging;

/// <summary>What an admin's act came to.</summary>
/// <param name="Key">The key afterwards.</param>
/// <param name="Pool">The pool afterwards.</param>
internal sealed record UpdateResult(KeyState? Key, PoolState? Pool);

/// <summary>Changes a key's or a pool's record: an admin's act, in line with the charges, and in the ledger like them.</summary>
/// <param name="accountId">The account.</param>
/// <param name="keyId">The key, or null for the pool itself.</param>
/// <param name="act">
/// Changes a copy of the record (the key, or the pool where there is no key) and returns the entry for the ledger, or null
/// where there was nothing to change. It is called again when the record changed meanwhile; what it throws is the result.
/// </param>
/// <param name="deadline">When to give up.</param>
internal sealed class UpdateCommand(
    string accountId, string? keyId, Func<AccountTransaction, KeyState?, PoolState?, LedgerEntry?> act, long deadline)
    : AccountCommand<UpdateResult>(keyId, deadline)
{
    private UpdateResult _result = null!;
    private Exception? _failure;

    public override long? UnitsNeeded(KeyState key, DateTimeOffset now) => null;

    public override void DecideMissing() => _failure = new KeyNotFoundException($"There is no {KeyId ?? accountId}.");

    public override bool Decide(AccountTransaction draft)
    {
        _failure = null;
        draft.BeginPeriods(KeyId);
        var key = KeyId is null ? null : draft.Peek(KeyId)?.Clone();
        var pool = KeyId is null ? draft.PeekPool()?.Clone() : draft.PeekPool();
        if (KeyId is null ? pool is null : key is null)
        {
            DecideMissing();
            return false;
        }

        try
        {
            var entry = act(draft, key, pool);
            _result = new UpdateResult(key, pool);
            if (entry is null)
            {
                return false;
            }

            if (key is not null)
            {
                draft.Replace(key);
            }
            else
            {
                draft.Replace(pool!);
            }

            draft.Add(entry);
            return true;
        }
#pragma warning disable CA1031 // Whatever the act throws is its result, and must not end the lane.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _failure = failure;
            return false;
        }
    }

    public override void Committed(AccountTransaction draft) => Succeed(_result);

    public override void Answer()
    {
        if (_failure is null)
        {
            Succeed(_result);
        }
        else
        {
            Fail(_failure);
        }
    }
}
