using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace QuotaFunctions.Core.Proxying;

/// <summary>Which headers go from the client to the upstream and back.</summary>
internal static class ForwardedHeaders
{
    // RFC 9110, 7.6.1: for the next hop only. What Connection names besides is added to them.
    private static readonly string[] HopByHop =
    [
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
    ];

    private static readonly FrozenSet<string> NotToUpstream = HopByHop.Concat(
    [
        // Of this hop's own making
        "Host", "Content-Length", "Expect", "X-Request-Id",

        // The client's key, wherever its SDK puts it, and what else would speak for somebody to the upstream
        "Authorization", "X-API-Key", "Api-Key", "X-Goog-Api-Key", "Cookie",

        // The way that the request came, which is nobody's business further on
        "Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Original-For",
        "X-Original-Host", "X-Original-Proto", "X-Original-URL", "X-Real-IP", "X-Client-IP", "X-Client-Port", "Client-IP", "True-Client-IP",
        "X-Azure-ClientIP", "X-Azure-SocketIP", "X-Azure-Ref", "X-Azure-FDID", "X-ARR-LOG-ID", "X-ARR-SSL", "X-SITE-DEPLOYMENT-ID",
        "X-WAWS-Unencoded-URL", "X-AppService-Proto", "DISGUISED-HOST", "WAS-DEFAULT-HOSTNAME", "X-MS-Invocation-Id", "X-MS-CLIENT-PRINCIPAL",
        "X-MS-CLIENT-PRINCIPAL-ID", "X-MS-CLIENT-PRINCIPAL-NAME", "X-MS-CLIENT-PRINCIPAL-IDP",
    ]).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> NotToClient = HopByHop.Concat(
    [
        // They speak for the upstream's host, and would be taken to speak for this one
        "Set-Cookie", "Strict-Transport-Security", "Public-Key-Pins", "Alt-Svc", "Clear-Site-Data", "Server",

        // This service says these itself
        "RateLimit", "RateLimit-Policy", QuotaHeaders.Limit, QuotaHeaders.Remaining, QuotaHeaders.Charged, "X-Request-Id", "Idempotency-Replayed",
    ]).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Puts a client's headers on the request to the upstream, and the provider's credential.</summary>
    public static void CopyToUpstream(IEnumerable<KeyValuePair<string, StringValues>> headers, HttpRequestMessage request, Provider provider)
    {
        var connection = headers.FirstOrDefault(header => header.Key.Equals("Connection", StringComparison.OrdinalIgnoreCase)).Value;
        foreach (var (name, values) in headers)
        {
            if (!NotToUpstream.Contains(name) && !name.Equals(provider.AuthHeader, StringComparison.OrdinalIgnoreCase) && !Names(connection, name))
            {
                Add(request, name, values);
            }
        }

        if (provider.Credential is { } credential)
        {
            request.Headers.TryAddWithoutValidation(provider.AuthHeader, credential);
        }
    }

    /// <summary>Puts the upstream's headers on the answer to the client.</summary>
    public static void CopyToClient(HttpResponseMessage upstream, HttpResponse response)
    {
        upstream.Headers.NonValidated.TryGetValues("Connection", out var connection);
        foreach (var (name, values) in upstream.Headers.NonValidated.Concat(upstream.Content.Headers.NonValidated))
        {
            if (!NotToClient.Contains(name) && !Names(connection.ToArray(), name))
            {
                // What the server would refuse to send is left out
                var sane = values.Where(static value => !value.AsSpan().ContainsAnyExceptInRange(' ', '~')).ToArray();
                if (sane.Length > 0)
                {
                    response.Headers[name] = sane;
                }
            }
        }

        // These have none by definition (RFC 9110, 8.6), and the server refuses to send it
        if (response.StatusCode is StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent)
        {
            response.ContentLength = null;
        }
    }

    private static void Add(HttpRequestMessage request, string name, StringValues values)
    {
        if (!request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
        {
            request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }
    }

    private static bool Names(StringValues connection, string name)
    {
        foreach (var line in connection)
        {
            foreach (var option in line.AsSpan().Split(','))
            {
                if (line.AsSpan(option).Trim().Equals(name, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
