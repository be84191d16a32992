using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;

namespace QuotaFunctions.Core.Http;

/// <summary>
/// Finds out who asks before anything else of a request is read, so that nobody without a key makes this service hold a body.
/// Whether the key may be used is not decided here, but by the charge.
/// </summary>
public sealed class ClientKeys
{
    private readonly IKeyDirectory _directory;
    private readonly TimeSpan _patience;
    private readonly TimeProvider _time;

    /// <summary>Reads keys.</summary>
    /// <param name="directory">Knows which keys there are.</param>
    /// <param name="patience">How long storage is waited for.</param>
    /// <param name="time">Measures it.</param>
    internal ClientKeys(IKeyDirectory directory, TimeSpan patience, TimeProvider time)
    {
        _directory = directory;
        _patience = patience;
        _time = time;
    }

    /// <summary>Finds the key that a request carries. From then on the request has an <see cref="Admission"/>.</summary>
    /// <param name="request">The request, of which only the line and the headers are read.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The key's secret, or why the request is refused.</returns>
    /// <exception cref="TimeoutException">Storage did not answer in time.</exception>
    public async ValueTask<(KeySecret? Secret, Refusal? Refusal)> IdentifyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.QueryString.Value is { Length: > 0 } query && KeyInUrl.IsIn(query))
        {
            return (null, new Refusal(Problem.KeyInUrl));
        }

        if (!ClientKey.TryRead(request, out var secret, out var problem))
        {
            return (null, new Refusal(problem));
        }

        // Nearly always from memory
        var finding = _directory.FindAsync(secret, cancellationToken);
        var found = finding.IsCompletedSuccessfully
            ? finding.Result
            : await finding.AsTask().WaitAsync(_patience, _time, cancellationToken).ConfigureAwait(false);
        if (found is not { } key)
        {
            return (null, new Refusal(Problem.KeyInvalid));
        }

        request.HttpContext.Features.Set(new Admission(key.KeyId));
        return (secret, null);
    }
}
