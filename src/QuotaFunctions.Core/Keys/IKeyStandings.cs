using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Keys;

/// <summary>Tells how all keys stand, for lists that are sorted by it: of copies, as nobody reads every record for one page.</summary>
internal interface IKeyStandings
{
    /// <summary>The copies of the keys that were ever used, by their ids: up to a minute old, and older where there are so many that they take long to read.</summary>
    /// <exception cref="StorageUnavailableException">Storage did not answer in time.</exception>
    Task<IReadOnlyDictionary<string, KeyStanding>> ReadAsync(CancellationToken cancellationToken);
}
