using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Proxying;

/// <summary>Finds out whether providers take the service's credentials though no client has just asked.</summary>
public interface ICredentialCheck
{
    /// <summary>Asks each provider that clients called within the last day for its models, and notes what that says of the credential.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    Task RunAsync(CancellationToken cancellationToken);
}

/// <inheritdoc cref="ICredentialCheck"/>
internal sealed partial class CredentialCheck(
    ProviderCatalog catalog, CredentialNotes notes, UpstreamClients clients, TimeProvider time, ILogger<CredentialCheck> logger) : ICredentialCheck
{
    /// <summary>A provider that no client has called for so long is not asked.</summary>
    public static readonly TimeSpan TrafficWindow = TimeSpan.FromDays(1);

    /// <summary>How long an answer is waited for.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var since = time.GetUtcNow() - TrafficWindow;
        var called = (await notes.ReadAsync(cancellationToken))
            .Where(note => note.CalledAt > since).Select(static note => note.Provider).ToHashSet(StringComparer.Ordinal);
        await Task.WhenAll(catalog.Providers
            .Where(provider => provider.HasCredential && called.Contains(provider.Name))
            .Select(provider => AskAsync(provider, cancellationToken)));
    }

    /// <summary>
    /// Asks one, with each of its credentials until one is taken; whatever goes wrong with it does not keep the others. It is noted as refused where
    /// every answer was a refusal.
    /// </summary>
    private async Task AskAsync(Provider provider, CancellationToken cancellationToken)
    {
        var answers = new List<int?>();
        foreach (var apiKey in provider.ApiKeys)
        {
            answers.Add(await AskAsync(provider, apiKey, cancellationToken));
            if (answers[^1] is >= 200 and < 300)
            {
                break;
            }
        }

        // Anything else says nothing of the credential: there may be no such route, and 403 may be of the list of models alone
        if (answers[^1] is { } last && (last is >= 200 and < 300 || answers.TrueForAll(static answer => answer is 401 or 402)))
        {
            await notes.NoteAsync(provider, last, isTraffic: false);
        }
    }

    /// <summary>The status of the answer; null where none came.</summary>
    private async Task<int?> AskAsync(Provider provider, string apiKey, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, provider.AtOpenAI(provider.Preset.CheckPath, ""));
        ForwardedHeaders.CopyToUpstream([], request, provider, apiKey);

        if (provider.Preset == ProviderPreset.None)
        {
            // Anthropic's API answers nobody who does not say its version; the others do not know the header
            request.Headers.TryAddWithoutValidation("anthropic-version", "2023-06-01");
        }

        using var tooLate = new CancellationTokenSource(Patience, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(tooLate.Token, cancellationToken);
        try
        {
            using var answer = await clients.Of(provider).SendAsync(request, new ForwardProgress(), Patience, stop.Token);
            Asked(provider.Name, (int)answer.StatusCode);
            return (int)answer.StatusCode;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            NotAsked(provider.Name, StorageErrors.Kind(failure));
            return null;
        }
    }

    [LoggerMessage(1221, LogLevel.Debug, "The provider {Provider} was asked for its models: {Status}.")]
    private partial void Asked(string provider, int status);

    [LoggerMessage(1222, LogLevel.Warning, "The provider {Provider} could not be asked whether it takes the credential ({Failure}).")]
    private partial void NotAsked(string provider, string failure);
}
