using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Proxying;

/// <summary>Whether the providers take the service's credentials: the same on every instance, and at most some seconds old.</summary>
public sealed class CredentialStatus
{
    private readonly ProviderCatalog _catalog;
    private readonly RecentReading<IReadOnlyList<CredentialNote>> _notes;

    internal CredentialStatus(ProviderCatalog catalog, CredentialNotes notes, TimeProvider time, ILogger<CredentialStatus> logger)
    {
        _catalog = catalog;
        _notes = new RecentReading<IReadOnlyList<CredentialNote>>("the credentials' status", notes.ReadAsync, time, logger);
    }

    /// <summary>
    /// For each provider that is sent a credential: false where its last answer was 401, 402 or 403. One that was never called is taken at the
    /// settings' word. Null where storage does not answer within two seconds.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<IReadOnlyDictionary<string, bool>?> ReadAsync(CancellationToken cancellationToken)
    {
        if (await _notes.GetAsync(cancellationToken) is not { } notes)
        {
            return null;
        }

        var refused = notes.Where(static note => note.IsRefused).Select(static note => note.Provider).ToHashSet(StringComparer.Ordinal);
        return _catalog.Providers.Where(static provider => provider.HasCredential)
            .ToDictionary(static provider => provider.Name, provider => !refused.Contains(provider.Name), StringComparer.Ordinal);
    }
}
