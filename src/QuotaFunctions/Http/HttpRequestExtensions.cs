using Microsoft.AspNetCore.Http;

namespace QuotaFunctions.Http;

/// <summary>What functions and middleware ask of a request.</summary>
public static class HttpRequestExtensions
{
    private const string Bearer = "Bearer ";

    /// <summary>The token of <c>Authorization: Bearer …</c>; null where there is none, or more than one.</summary>
    public static string? BearerToken(this HttpRequest request)
    {
        var header = request.Headers.Authorization;
        if (header.Count != 1 || header[0] is not { } value || !value.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var token = value[Bearer.Length..].Trim();
        return token.Length == 0 ? null : token;
    }

    /// <summary>The request's id, as it stands in <c>X-Request-Id</c> of the answer.</summary>
    public static string RequestId(this HttpRequest request) => request.HttpContext.TraceIdentifier;
}
