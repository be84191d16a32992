using QuotaFunctions.Core.Quotas;
using QuotaFunctions.Core.Quotas.Lanes;

namespace QuotaFunctions.Core.Keys;

/// <inheritdoc cref="IKeyService"/>
internal sealed class KeyService(IAccountStore store, IKeyDirectory directory, AccountLanes lanes, KeyList list, TimeProvider clock) : IKeyService
{
    /// <summary>Live secrets that a key has at the most: they stand in one property. Another one ends the oldest.</summary>
    private const int MaxSecrets = 20;

    /// <inheritdoc/>
    public async Task<IssuedKey> CreateAsync(
        KeySettings settings, string prefix, string? poolId, string actor, CancellationToken cancellationToken)
    {
        var pool = poolId is null ? null : await ReadPoolAsync(poolId, cancellationToken);
        var secret = KeySecret.New(prefix);
        var now = clock.GetUtcNow();
        var key = new KeyState
        {
            Locator = KeyLocator.New(poolId),
            Prefix = prefix,
            Settings = settings,
            CreatedAt = now,
            Secrets = [new SecretHash(secret.Hash)],
            Meter = new Meter { Type = settings.QuotaType, Unit = settings.Unit, Quota = settings.Quota },
            Rate = new RateWindow(),
        };
        key.Meter.SetRefill(settings.Refill, now);

        // The locator first: on its own it opens nothing, while a record without it could never be reached.
        await directory.AddAsync(secret, key.Locator, cancellationToken);
        await store.TryAddKeyAsync(key, cancellationToken);
        return new IssuedKey(key.ToApiKey(pool, now), secret);
    }

    /// <inheritdoc/>
    public async Task<ApiKey?> FindAsync(string idOrSecret, CancellationToken cancellationToken)
    {
        if (KeyLocator.TryParse(idOrSecret, out var locator))
        {
            return await ReadAsync(locator, cancellationToken);
        }

        // A secret names its key for an admin even when it is not good any more.
        return KeySecret.TryParse(idOrSecret, out var secret) && await directory.FindAsync(secret, cancellationToken) is { } found
            ? await ReadAsync(found, cancellationToken)
            : null;
    }

    /// <inheritdoc/>
    public async Task<ApiKey?> FindBySecretAsync(KeySecret secret, CancellationToken cancellationToken)
    {
        if (await directory.FindAsync(secret, cancellationToken) is not { } locator)
        {
            return null;
        }

        var now = clock.GetUtcNow();
        var key = await ReadAsync(locator, cancellationToken);
        return key is not null && key.Secrets.Any(live => live.Hash == secret.Hash && live.IsLive(now)) ? key : null;
    }

    /// <inheritdoc/>
    public Task<KeyPage> ListAsync(KeyQuery query, CancellationToken cancellationToken) => list.ReadAsync(query, cancellationToken);

    /// <inheritdoc/>
    public Task<ApiKey> ChangeAsync(
        string id, Func<ApiKey, (KeySettings Settings, KeyStatus Status)> change, string actor, CancellationToken cancellationToken) =>
        ActAsync(id, actor, (draft, key, pool) =>
        {
            var (settings, status) = change(key.ToApiKey(pool, draft.At));
            key.Settings = settings;
            key.Status = status;
            key.Meter.Type = settings.QuotaType;
            key.Meter.Unit = settings.Unit;
            key.Meter.Quota = settings.Quota;
            key.Meter.SetRefill(settings.Refill, draft.At);
            return new LedgerEntry { KeyId = key.Locator.KeyId, Outcome = LedgerActs.Changed };
        }, cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> RevokeAsync(string id, string actor, CancellationToken cancellationToken)
    {
        try
        {
            await RunAsync(id, (_, key, _) =>
            {
                if (key.Status == KeyStatus.Revoked)
                {
                    return null;
                }

                key.Status = KeyStatus.Revoked;
                return new LedgerEntry { Kind = LedgerEntryKind.Act, KeyId = id, Outcome = LedgerActs.Revoked, Actor = actor };
            }, cancellationToken);
            return true;
        }
        catch (KeyNotFoundException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public Task<ApiKey> ResetAsync(string id, long? quota, string actor, CancellationToken cancellationToken) =>
        ActAsync(id, actor, (draft, key, _) =>
        {
            var taken = key.Meter.Zero(draft.NextPlace);
            key.Meter.Quota = quota ?? key.Meter.Quota;
            return new LedgerEntry { KeyId = id, Outcome = LedgerActs.Reset, Delta = -taken };
        }, cancellationToken);

    /// <inheritdoc/>
    public Task<ApiKey> TopUpAsync(string id, long amount, string actor, CancellationToken cancellationToken) =>
        ActAsync(id, actor, (_, key, _) =>
        {
            key.Meter.Quota += amount;
            return new LedgerEntry { KeyId = id, Outcome = LedgerActs.ToppedUp, Reference = $"+{amount}" };
        }, cancellationToken);

    /// <inheritdoc/>
    public async Task<IssuedKey> RotateAsync(string id, TimeSpan overlap, string actor, CancellationToken cancellationToken)
    {
        var found = await FindAsync(id, cancellationToken) ?? throw new KeyNotFoundException($"There is no {id}.");
        var secret = KeySecret.New(found.Prefix);
        await directory.AddAsync(secret, found.Locator, cancellationToken);
        var key = await ActAsync(id, actor, (draft, key, _) =>
        {
            var ends = draft.Now + overlap;
            key.Secrets =
            [
                new SecretHash(secret.Hash),
                .. key.Secrets.Where(old => old.IsLive(draft.Now))
                    .Take(MaxSecrets - 1)
                    .Select(old => old with { ExpiresAt = old.ExpiresAt < ends ? old.ExpiresAt : ends }),
            ];
            return new LedgerEntry { KeyId = id, Outcome = LedgerActs.Rotated };
        }, cancellationToken);
        return new IssuedKey(key, secret);
    }

    /// <summary>Changes a key that is not revoked; the act is in the ledger and the log with who did it.</summary>
    private async Task<ApiKey> ActAsync(
        string id, string actor, Func<CommitDraft, KeyState, PoolState?, LedgerEntry> act, CancellationToken cancellationToken)
    {
        var result = await RunAsync(id, (draft, key, pool) =>
        {
            if (key.Status == KeyStatus.Revoked)
            {
                throw new KeyNotFoundException($"{id} is revoked.");
            }

            return act(draft, key, pool) with { Kind = LedgerEntryKind.Act, Actor = actor };
        }, cancellationToken);
        return result.Key!.ToApiKey(result.Pool, clock.GetUtcNow());
    }

    private async Task<ChangeResult> RunAsync(
        string id, Func<CommitDraft, KeyState, PoolState?, LedgerEntry?> act, CancellationToken cancellationToken)
    {
        if (!KeyLocator.TryParse(id, out var locator))
        {
            throw new KeyNotFoundException($"There is no {id}.");
        }

        var operation = new ChangeOperation(
            locator.AccountId,
            locator.KeyId,
            (draft, key, pool) =>
            {
                key!.RecordChanged = true;
                return act(draft, key, pool);
            },
            lanes.NewDeadline());
        return await lanes.RunAsync(locator.AccountId, operation).WaitAsync(cancellationToken);
    }

    private async Task<ApiKey?> ReadAsync(KeyLocator locator, CancellationToken cancellationToken)
    {
        var record = await store.ReadAsync(locator, withPages: false, cancellationToken);
        return record?.Key.ToApiKey(record.Pool, clock.GetUtcNow());
    }

    private async Task<PoolState> ReadPoolAsync(string poolId, CancellationToken cancellationToken) =>
        KeyLocator.IsPoolId(poolId) && await store.LoadAsync(poolId, cancellationToken) is { Pool: { Status: not KeyStatus.Revoked } pool }
            ? pool
            : throw new KeyNotFoundException($"There is no pool {poolId}.");
}
