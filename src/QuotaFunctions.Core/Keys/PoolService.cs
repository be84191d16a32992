using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Charging;

namespace QuotaFunctions.Core.Keys;

/// <inheritdoc cref="IPoolService"/>
internal sealed class PoolService(IAccountStore store, AccountWriters writers, KeyIndex index, KeyList list, TimeProvider clock) : IPoolService
{
    /// <inheritdoc/>
    public async Task<Pool> CreateAsync(PoolSettings settings, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var pool = new PoolState
        {
            Id = KeyLocator.NewPoolId(),
            Settings = settings,
            CreatedAt = now,
            Balance = new QuotaBalance { Unit = settings.Unit, Quota = settings.Quota },
        };
        pool.Balance.SetRefill(settings.Refill, now);
        await index.ActAsync(pool.Id, () => store.TryAddPoolAsync(pool, cancellationToken), cancellationToken);
        return pool.ToPool(now);
    }

    /// <inheritdoc/>
    public async Task<Pool?> FindAsync(string id, CancellationToken cancellationToken) =>
        KeyLocator.IsPoolId(id) ? (await store.LoadAsync(id, cancellationToken))?.Pool?.ToPool(clock.GetUtcNow()) : null;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Pool>> ListAsync(string? tenant, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        return [.. (await list.ReadPoolsAsync(tenant, cancellationToken)).Select(pool => pool.ToPool(now))];
    }

    /// <inheritdoc/>
    public Task<Pool> ChangeAsync(
        string id, Func<Pool, (PoolSettings Settings, KeyStatus Status)> change, string actor, CancellationToken cancellationToken) =>
        index.ActAsync(id, () => ActAsync(id, actor, (transaction, pool) =>
        {
            (pool.Settings, pool.Status) = change(pool.ToPool(transaction.At));
            pool.Balance.Unit = pool.Settings.Unit;
            pool.Balance.Quota = pool.Settings.Quota;
            pool.Balance.SetRefill(pool.Settings.Refill, transaction.At);
            return new LedgerEntry { KeyId = id, Outcome = LedgerAdjustments.Changed };
        }, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> RevokeAsync(string id, string actor, CancellationToken cancellationToken)
    {
        try
        {
            await index.ActAsync(id, () => ActAsync(id, actor, (_, pool) =>
            {
                pool.Status = KeyStatus.Revoked;
                return new LedgerEntry { KeyId = id, Outcome = LedgerAdjustments.Revoked };
            }, cancellationToken), cancellationToken);
            return true;
        }
        catch (KeyNotFoundException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public Task<Pool> ResetAsync(string id, long? quota, string actor, CancellationToken cancellationToken) =>
        ActAsync(id, actor, (transaction, pool) =>
        {
            var taken = pool.Balance.Zero(transaction.NextPosition);
            pool.Balance.Quota = quota ?? pool.Balance.Quota;
            return new LedgerEntry { KeyId = id, Outcome = LedgerAdjustments.Reset, PoolDelta = -taken };
        }, cancellationToken);

    /// <inheritdoc/>
    public Task<Pool> TopUpAsync(string id, long amount, string actor, CancellationToken cancellationToken) =>
        ActAsync(id, actor, (_, pool) =>
        {
            KeySettingsValidator.CheckTopUp(pool.Balance.Quota, amount, pool.Balance.Unit);
            pool.Balance.Quota += amount;
            return new LedgerEntry { KeyId = id, Outcome = LedgerAdjustments.ToppedUp, Reference = "+" + QuotaAmount.Text(amount, pool.Balance.Unit) };
        }, cancellationToken);

    private async Task<Pool> ActAsync(
        string id, string actor, Func<AccountTransaction, PoolState, LedgerEntry> act, CancellationToken cancellationToken)
    {
        if (!KeyLocator.IsPoolId(id))
        {
            throw new KeyNotFoundException($"There is no {id}.");
        }

        var command = new UpdateCommand(
            id,
            keyId: null,
            (transaction, _, pool) =>
            {
                if (pool!.Status == KeyStatus.Revoked)
                {
                    throw new KeyNotFoundException($"{id} is revoked.");
                }

                pool.RecordChanged = true;
                return act(transaction, pool) with { Kind = LedgerEntryKind.Adjustment, Actor = actor };
            },
            writers.NewDeadline());
        var result = await writers.RunAsync(id, command).WaitAsync(cancellationToken);
        return result.Pool!.ToPool(clock.GetUtcNow());
    }
}
