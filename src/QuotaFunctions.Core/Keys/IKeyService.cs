using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Validation;
using System.Net;
using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Keys;

/// <summary>Issues, finds, changes and revokes keys. Every change is decided in the key's writer, so that it holds from the account's next commit on.</summary>
public interface IKeyService
{
    /// <summary>Issues a key. The settings must be valid.</summary>
    /// <param name="settings">What to set.</param>
    /// <param name="prefix">What the secret begins with.</param>
    /// <param name="poolId">The pool to draw on, or null.</param>
    /// <param name="actor">Who does it, for the log.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="KeyNotFoundException">There is no such pool.</exception>
    /// <exception cref="StorageUnavailableException">Storage did not answer in time.</exception>
    Task<IssuedKey> CreateAsync(KeySettings settings, string prefix, string? poolId, string actor, CancellationToken cancellationToken);

    /// <summary>Reads a key from storage by its id or its secret; null where there is none. Revoked keys are found, too.</summary>
    Task<ApiKey?> FindAsync(string idOrSecret, CancellationToken cancellationToken);

    /// <summary>Reads the key that a secret is good for, from storage, and whether its holder may ask for what costs nothing.</summary>
    /// <param name="secret">The secret.</param>
    /// <param name="address">Where the holder asks from.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    Task<KeyCheck> CheckAsync(KeySecret secret, IPAddress? address, CancellationToken cancellationToken);

    /// <summary>Lists keys.</summary>
    Task<KeyPage> ListAsync(KeyQuery query, CancellationToken cancellationToken);

    /// <summary>The ids of all keys, or of those of a tenant, in their order; revoked ones are among them.</summary>
    Task<IReadOnlyList<string>> ListIdsAsync(string? tenant, CancellationToken cancellationToken);

    /// <summary>The ids of a tenant's keys and pools, the revoked ones, too.</summary>
    Task<IReadOnlySet<string>> FindOwnedIdsAsync(string tenant, CancellationToken cancellationToken);

    /// <summary>What the keys and pools count in that do not count in requests, by their ids; the revoked ones are among them.</summary>
    Task<IReadOnlyDictionary<string, QuotaUnit>> FindUnitsAsync(CancellationToken cancellationToken);

    /// <summary>Changes what was set, and whether the key is in use.</summary>
    /// <param name="id">The key's id.</param>
    /// <param name="change">From the key as it stands to its new settings and status; called again when the key changed meanwhile.
    /// What it throws reaches the caller, and nothing is changed.</param>
    /// <param name="actor">Who does it, for the log.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="KeyNotFoundException">There is no such key, or it is revoked.</exception>
    /// <exception cref="StorageUnavailableException">Storage did not answer in time.</exception>
    Task<ApiKey> ChangeAsync(string id, Func<ApiKey, (KeySettings Settings, KeyStatus Status)> change, string actor, CancellationToken cancellationToken);

    /// <summary>Revokes a key for ever. False where there is none; true, and nothing done, where it is revoked already.</summary>
    Task<bool> RevokeAsync(string id, string actor, CancellationToken cancellationToken);

    /// <summary>Sets what is used to 0, and the quota to a new amount where one is given.</summary>
    /// <exception cref="KeyNotFoundException">There is no such key, or it is revoked.</exception>
    Task<ApiKey> ResetAsync(string id, long? quota, string actor, CancellationToken cancellationToken);

    /// <summary>Adds units to the quota.</summary>
    /// <exception cref="KeyNotFoundException">There is no such key, or it is revoked.</exception>
    /// <exception cref="InvalidRequestException">The quota would become larger than a quota may be.</exception>
    Task<ApiKey> TopUpAsync(string id, long amount, string actor, CancellationToken cancellationToken);

    /// <summary>
    /// Gives the key a new secret; the old ones go on until the overlap ends. Where it fails, whatever storage makes of it later, the old
    /// ones are still good, and it may be tried again.
    /// </summary>
    /// <exception cref="KeyNotFoundException">There is no such key, or it is revoked.</exception>
    Task<IssuedKey> RotateAsync(string id, TimeSpan overlap, string actor, CancellationToken cancellationToken);
}

/// <summary>What a secret opens.</summary>
/// <param name="Key">The key that the secret is good for, be it expired or switched off; null where there is none.</param>
/// <param name="Refusal">Why its holder may not use it; null where nothing stands against it.</param>
public sealed record KeyCheck(ApiKey? Key, ChargeRefusal? Refusal);

/// <summary>A key with its secret, which is not to be had again.</summary>
/// <param name="Key">The key.</param>
/// <param name="Secret">Its new secret.</param>
public sealed record IssuedKey(ApiKey Key, KeySecret Secret);

/// <summary>Which keys to list.</summary>
public sealed record KeyQuery
{
    /// <summary>The most keys a page, 1 to 1000.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>By what the list is sorted.</summary>
    public KeySort Sort { get; init; }

    /// <summary>Where to go on: <see cref="KeyPage.Next"/> of the page before, with the same <see cref="Sort"/>, or null.</summary>
    public string? Cursor { get; init; }

    /// <summary>Part of the name, in any letter case; null for all.</summary>
    public string? Name { get; init; }

    /// <summary>The tenant, to the letter; null for all.</summary>
    public string? Tenant { get; init; }

    /// <summary>The status; null for all but the revoked.</summary>
    public KeyStatus? Status { get; init; }

    /// <summary>Whether the expiry has passed; null for either.</summary>
    public bool? Expired { get; init; }
}

/// <summary>A page of keys.</summary>
/// <param name="Total">How many fit the query in all.</param>
/// <param name="Keys">The page.</param>
/// <param name="Next">Where the next page goes on; null on the last.</param>
public sealed record KeyPage(int Total, IReadOnlyList<ApiKey> Keys, string? Next);
