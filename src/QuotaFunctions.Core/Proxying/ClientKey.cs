using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;

namespace QuotaFunctions.Core.Proxying;

/// <summary>Finds the key in a request: <c>X-API-Key</c>, else <c>Authorization: Bearer</c>.</summary>
public static class ClientKey
{
    private const string Bearer = "Bearer ";

    /// <summary>Reads it. False, and why, where there is none or it cannot be a key.</summary>
    public static bool TryRead(HttpRequest request, out KeySecret secret, out Problem problem)
    {
        ArgumentNullException.ThrowIfNull(request);
        var text = request.Headers.TryGetValue("X-API-Key", out var key) ? key.ToString().Trim() : TokenOf(request.Headers.Authorization.ToString());
        problem = string.IsNullOrEmpty(text) ? Problem.KeyMissing : Problem.KeyInvalid;
        return KeySecret.TryParse(text, out secret);
    }

    private static string? TokenOf(string authorization) =>
        authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? authorization[Bearer.Length..].Trim() : null;
}
