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
    public override long? UnitsNeeded(KeyState key, DateTimeOffset now) => null;

    public override Decision DecideMissing() => Failed(new KeyNotFoundException($"There is no {KeyId ?? accountId}."));

    public override Decision Decide(AccountTransaction transaction)
    {
        transaction.BeginPeriods(KeyId);
        var key = KeyId is null ? null : transaction.Peek(KeyId)?.Clone();
        var pool = KeyId is null ? transaction.PeekPool()?.Clone() : transaction.PeekPool();
        if (KeyId is null ? pool is null : key is null)
        {
            return DecideMissing();
        }

        LedgerEntry? entry;
        try
        {
            entry = act(transaction, key, pool);
        }
#pragma warning disable CA1031 // What the act throws is its result, and must not end the account writer.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            return Failed(failure);
        }

        var result = new UpdateResult(key, pool);
        if (entry is null)
        {
            return Answered(result);
        }

        if (key is not null)
        {
            transaction.Replace(key);
        }
        else
        {
            transaction.Replace(pool!);
        }

        transaction.Add(entry);
        return Written(() => result);
    }

    private Decision Failed(Exception failure) => new() { Answer = () => Fail(failure) };
}
