namespace QuotaFunctions.Core.Http;

/// <summary>Reads the value of an <c>Authorization</c> header.</summary>
public static class BearerToken
{
    private const string Scheme = "Bearer ";

    /// <summary>The token of <c>Bearer …</c>; null where the scheme is another or the token is empty.</summary>
    public static string? Of(string? authorization)
    {
        if (authorization?.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) != true)
        {
            return null;
        }

        var token = authorization.AsSpan(Scheme.Length).Trim();
        return token.IsEmpty ? null : token.ToString();
    }
}
