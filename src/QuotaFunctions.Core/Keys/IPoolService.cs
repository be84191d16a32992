using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Core.Keys;

/// <summary>Makes, finds, changes and revokes pools: a quota that several keys draw on, each besides its own, in one transaction.</summary>
public interface IPoolService
{
    /// <summary>Makes a pool. The settings must be valid.</summary>
    Task<Pool> CreateAsync(PoolSettings settings, CancellationToken cancellationToken);

    /// <summary>Reads a pool from storage; null where there is none. Revoked ones are found, too.</summary>
    Task<Pool?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Lists the pools that are not revoked.</summary>
    /// <param name="tenant">The tenant, to the letter; null for all.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    Task<IReadOnlyList<Pool>> ListAsync(string? tenant, CancellationToken cancellationToken);

    /// <summary>Changes what was set, and whether the pool is in use.</summary>
    /// <exception cref="KeyNotFoundException">There is no such pool, or it is revoked.</exception>
    Task<Pool> ChangeAsync(
        string id, Func<Pool, (PoolSettings Settings, KeyStatus Status)> change, string actor, CancellationToken cancellationToken);

    /// <summary>Revokes a pool, and with it every key in it, for ever. False where there is none.</summary>
    Task<bool> RevokeAsync(string id, string actor, CancellationToken cancellationToken);

    /// <summary>Sets what is used of the pool to 0, and its quota to a new amount where one is given.</summary>
    /// <exception cref="KeyNotFoundException">There is no such pool, or it is revoked.</exception>
    Task<Pool> ResetAsync(string id, long? quota, string actor, CancellationToken cancellationToken);

    /// <summary>Adds to the pool's quota.</summary>
    /// <exception cref="KeyNotFoundException">There is no such pool, or it is revoked.</exception>
    /// <exception cref="InvalidRequestException">The quota would become larger than a quota may be.</exception>
    Task<Pool> TopUpAsync(string id, long amount, string actor, CancellationToken cancellationToken);
}
