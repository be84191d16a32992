using System.Net;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Keys;

/// <inheritdoc cref="IKeyService"/>
internal sealed partial class KeyService(
    IAccountStore store,
    IKeyDirectory directory,
    SecretEndings endings,
    AccountWriters writers,
    KeyIndex index,
    KeyList list,
    TimeProvider clock,
    ILogger<KeyService> logger) : IKeyService
{
    /// <summary>Live secrets that a key has at the most: they stand in one property.</summary>
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
            Balance = new QuotaBalance { Type = settings.QuotaType, Unit = settings.Unit, Quota = settings.Quota },
            Rate = new RateWindow(),
        };
        key.Balance.SetRefill(settings.Refill, now);

        // The locator first: on its own it opens nothing, while a record without it could never be reached.
        await directory.AddAsync(secret, key.Locator, cancellationToken);
        await index.ActAsync(key.Locator.KeyId, () => store.TryAddKeyAsync(key, cancellationToken), cancellationToken);
        return new IssuedKey(key.ToApiKey(pool, now), secret);
    }

    /// <inheritdoc/>
    public async Task<ApiKey?> FindAsync(string idOrSecret, CancellationToken cancellationToken)
    {
        if (KeyLocator.TryParse(idOrSecret, out var locator))
        {
            return await ReadAsync(locator, cancellationToken);
        }

        // A secret names its key for an admin even when it is not good any more, until it is deleted from the directory.
        return KeySecret.TryParse(idOrSecret, out var secret) && await directory.FindAsync(secret, cancellationToken) is { } found
            ? await ReadAsync(found, cancellationToken)
            : null;
    }

    /// <inheritdoc/>
    public async Task<KeyCheck> CheckAsync(KeySecret secret, IPAddress? address, CancellationToken cancellationToken)
    {
        var record = await directory.FindAsync(secret, cancellationToken) is { } locator
            ? await store.ReadAsync(locator, isConsistent: false, cancellationToken)
            : null;
        var now = clock.GetUtcNow();
        var refusal = QuotaRules.Check(record?.Key, record?.Pool, secret.Hash, address, now);
        return new KeyCheck(refusal == ChargeRefusal.KeyInvalid ? null : record!.Key.ToApiKey(record.Pool, now), refusal);
    }

    /// <inheritdoc/>
    public Task<KeyPage> ListAsync(KeyQuery query, CancellationToken cancellationToken) => list.ReadAsync(query, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListIdsAsync(string? tenant, CancellationToken cancellationToken) => list.ReadIdsAsync(tenant, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlySet<string>> FindOwnedIdsAsync(string tenant, CancellationToken cancellationToken) => list.ReadOwnedIdsAsync(tenant, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<string, QuotaUnit>> FindUnitsAsync(CancellationToken cancellationToken) => list.ReadUnitsAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<ApiKey> ChangeAsync(
        string id, Func<ApiKey, (KeySettings Settings, KeyStatus Status)> change, string actor, CancellationToken cancellationToken) =>
        index.ActAsync(id, () => ActAsync(id, actor, (transaction, key, pool) =>
        {
            var (settings, status) = change(key.ToApiKey(pool, transaction.At));
            key.Settings = settings;
            key.Status = status;
            key.Balance.Type = settings.QuotaType;
            key.Balance.Unit = settings.Unit;
            key.Balance.Quota = settings.Quota;
            key.Balance.SetRefill(settings.Refill, transaction.At);
            return new LedgerEntry { KeyId = key.Locator.KeyId, Outcome = LedgerAdjustments.Changed };
        }, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> RevokeAsync(string id, string actor, CancellationToken cancellationToken)
    {
        try
        {
            await index.ActAsync(id, () => RunAsync(id, (_, key, _) =>
            {
                if (key.Status == KeyStatus.Revoked)
                {
                    return null;
                }

                key.Status = KeyStatus.Revoked;
                return new LedgerEntry { Kind = LedgerEntryKind.Adjustment, KeyId = id, Outcome = LedgerAdjustments.Revoked, Actor = actor };
            }, cancellationToken), cancellationToken);
            return true;
        }
        catch (KeyNotFoundException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public Task<ApiKey> ResetAsync(string id, long? quota, string actor, CancellationToken cancellationToken) =>
        ActAsync(id, actor, (transaction, key, _) =>
        {
            var taken = key.Balance.Zero(transaction.NextPosition);
            key.Balance.Quota = quota ?? key.Balance.Quota;
            return new LedgerEntry { KeyId = id, Outcome = LedgerAdjustments.Reset, Delta = -taken };
        }, cancellationToken);

    /// <inheritdoc/>
    public Task<ApiKey> TopUpAsync(string id, long amount, string actor, CancellationToken cancellationToken) =>
        ActAsync(id, actor, (_, key, _) =>
        {
            // Here, and not before: two top-ups at once must not pass the limit together
            KeySettingsValidator.CheckTopUp(key.Balance.Quota, amount, key.Balance.Unit);
            key.Balance.Quota += amount;
            return new LedgerEntry { KeyId = id, Outcome = LedgerAdjustments.ToppedUp, Reference = "+" + QuotaAmount.Text(amount, key.Balance.Unit) };
        }, cancellationToken);

    /// <inheritdoc/>
    public async Task<IssuedKey> RotateAsync(string id, TimeSpan overlap, string actor, CancellationToken cancellationToken)
    {
        var found = await FindAsync(id, cancellationToken) ?? throw new KeyNotFoundException($"There is no {id}.");
        var secret = KeySecret.New(found.Prefix);
        var now = clock.GetUtcNow();

        // The new one, too: should it never come to be, its entry is deleted
        await directory.AddAsync(secret, found.Locator, cancellationToken);
        await endings.AddAsync(secret.Hash, found.Locator, now, cancellationToken);
        foreach (var old in found.Secrets.Where(old => old.IsLive(now)))
        {
            await endings.AddAsync(old.Hash, found.Locator, now + overlap, cancellationToken);
        }

        // Two acts: the first ends no secret, so that nobody has lost one where it is answered by 503 and carried out all the same.
        var key = await ActAsync(id, actor, (transaction, key, _) =>
        {
            key.Secrets = [new SecretHash(secret.Hash), .. MakeRoom(key.Secrets, transaction.Now)];
            return new LedgerEntry { KeyId = id, Outcome = LedgerAdjustments.SecretAdded };
        }, cancellationToken);
        return new IssuedKey(await EndOlderAsync(id, secret, overlap, actor, cancellationToken) ?? key, secret);
    }

    /// <summary>
    /// Ends the secrets that are older than a new one, which is good already. It is tried until storage answers. Null where that takes too
    /// long to wait for: who rotates gets the new secret all the same, as the old ones may end at any moment.
    /// </summary>
    private async Task<ApiKey?> EndOlderAsync(string id, KeySecret secret, TimeSpan overlap, string actor, CancellationToken cancellationToken)
    {
        try
        {
            return await ActAsync(id, actor, (transaction, key, _) =>
            {
                var ends = transaction.Now + overlap;
                var newer = key.Secrets.TakeWhile(other => other.Hash != secret.Hash).Count();
                key.Secrets = [.. key.Secrets.Select((other, at) => at <= newer || other.ExpiresAt < ends ? other : other with { ExpiresAt = ends })];
                return new LedgerEntry { KeyId = id, Outcome = LedgerAdjustments.Rotated };
            }, cancellationToken, deadline: long.MaxValue).WaitAsync(writers.DecisionTimeout, clock, cancellationToken);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested && StorageErrors.IsTransient(failure))
        {
            OldSecretsLive(logger, id, StorageErrors.Kind(failure));
            return null;
        }
    }

    /// <summary>
    /// A key's live secrets, as many as leave room for another. One whose end is set goes first, then the newest: that is what a rotation
    /// left which was not answered, and nobody has it.
    /// </summary>
    private static List<SecretHash> MakeRoom(IReadOnlyList<SecretHash> secrets, DateTimeOffset now)
    {
        var live = secrets.Where(secret => secret.IsLive(now)).ToList();
        while (live.Count >= MaxSecrets)
        {
            live.Remove(live.MinBy(secret => secret.ExpiresAt ?? DateTimeOffset.MaxValue)!);
        }

        return live;
    }

    /// <summary>Changes a key that is not revoked; the act is in the ledger and the log with who did it.</summary>
    private async Task<ApiKey> ActAsync(
        string id, string actor, Func<AccountTransaction, KeyState, PoolState?, LedgerEntry> act, CancellationToken cancellationToken, long? deadline = null)
    {
        var result = await RunAsync(id, (transaction, key, pool) =>
        {
            if (key.Status == KeyStatus.Revoked)
            {
                throw new KeyNotFoundException($"{id} is revoked.");
            }

            return act(transaction, key, pool) with { Kind = LedgerEntryKind.Adjustment, Actor = actor };
        }, cancellationToken, deadline);
        return result.Key!.ToApiKey(result.Pool, clock.GetUtcNow());
    }

    private async Task<UpdateResult> RunAsync(
        string id, Func<AccountTransaction, KeyState, PoolState?, LedgerEntry?> act, CancellationToken cancellationToken, long? deadline = null)
    {
        if (!KeyLocator.TryParse(id, out var locator))
        {
            throw new KeyNotFoundException($"There is no {id}.");
        }

        var command = new UpdateCommand(
            locator.AccountId,
            locator.KeyId,
            (transaction, key, pool) =>
            {
                key!.RecordChanged = true;
                return act(transaction, key, pool);
            },
            deadline ?? writers.NewDeadline());
        return await writers.RunAsync(locator.AccountId, command).WaitAsync(cancellationToken);
    }

    private async Task<ApiKey?> ReadAsync(KeyLocator locator, CancellationToken cancellationToken)
    {
        var record = await store.ReadAsync(locator, isConsistent: false, cancellationToken);
        return record?.Key.ToApiKey(record.Pool, clock.GetUtcNow());
    }

    private async Task<PoolState> ReadPoolAsync(string poolId, CancellationToken cancellationToken) =>
        KeyLocator.IsPoolId(poolId) && await store.LoadAsync(poolId, cancellationToken) is { Pool: { Status: not KeyStatus.Revoked } pool }
            ? pool
            : throw new KeyNotFoundException($"There is no pool {poolId}.");

    [LoggerMessage(1312, LogLevel.Error, "The new secret of {KeyId} is good, but that the older ones end is not written yet ({Failure}): it is still tried.")]
    private static partial void OldSecretsLive(ILogger logger, string keyId, string failure);
}
