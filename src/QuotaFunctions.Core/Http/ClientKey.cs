using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Http;

/// <summary>Finds the key in a request: <c>X-API-Key</c>, <c>Authorization: Bearer</c>, <c>api-key</c> or <c>x-goog-api-key</c>.</summary>
public static class ClientKey
{
    // In this order. The two last are where the SDKs of Azure OpenAI and of Google put it.
    private static readonly string[] Headers = ["X-API-Key", "Authorization", "Api-Key", "X-Goog-Api-Key"];

    /// <summary>Whether a request carries something that may be a key.</summary>
    /// <param name="request">The request.</param>
    public static bool MayBeIn(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Array.Exists(Headers, header => request.Headers.ContainsKey(header));
    }

    /// <summary>
    /// Reads it. Other credentials may stand beside it: the first header counts that holds a key of our form; where none does, the
    /// first that may hold a key of an earlier system. Empty headers are none.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="secret">What was found.</param>
    /// <param name="problem">Where it returns false: why.</param>
    public static bool TryRead(HttpRequest request, out KeySecret secret, out Problem problem)
    {
        ArgumentNullException.ThrowIfNull(request);
        secret = null!;
        problem = Problem.KeyMissing;
        foreach (var header in Headers)
        {
            foreach (var value in request.Headers[header])
            {
                var text = header == "Authorization" ? BearerToken.Of(value) : value?.Trim();
                if (string.IsNullOrEmpty(text))
                {
                    continue;
                }

                problem = Problem.KeyInvalid;
                if (KeySecret.TryParse(text, out var candidate) && (secret is null || candidate.IsOurs))
                {
                    secret = candidate;
                    if (candidate.IsOurs)
                    {
                        return true;
                    }
                }
            }
        }

        return secret is not null;
    }
}
