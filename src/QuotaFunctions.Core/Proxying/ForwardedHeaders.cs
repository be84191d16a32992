using System.Buffers;
using System.Collections.Frozen;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using QuotaFunctions.Core.Http;

namespace QuotaFunctions.Core.Proxying;

/// <summary>Which headers go from the client to the upstream and back.</summary>
internal static class ForwardedHeaders
{
    // RFC 9110, 7.6.1: for the next hop only. What Connection names besides is added to them.
    private static readonly string[] HopByHop =
    [
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
    ];

    // Of this hop's own making
    private static readonly FrozenSet<string> OfThisHop =
        HopByHop.Concat(["Host", "Content-Length", "Expect", "X-Request-Id", "traceparent"]).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> NotToUpstream = OfThisHop.Concat(
    [
        // The client's key, wherever its SDK puts it, and what else would speak for somebody to the upstream
        "Authorization", "X-API-Key", "Api-Key", "X-Goog-Api-Key", "Cookie",

        // The way that the request came, which is nobody's business further on
        "Forwarded", "Via", "X-Real-IP", "Client-IP", "True-Client-IP", "X-Cluster-Client-IP", "Fastly-Client-IP", "CDN-Loop", "X-SITE-DEPLOYMENT-ID",
        "DISGUISED-HOST", "WAS-DEFAULT-HOSTNAME",

        // The trace that the request is part of: its ids and what it carries along are this side's, and behind the Functions host the host's
        "tracestate", "baggage", "Request-Id", "Correlation-Context",
    ]).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    // What platforms in front add: addresses, certificates, and of the user who signed in there even tokens
    private static readonly string[] NotToUpstreamPrefixes =
    [
        "X-MS-", "X-Functions-", "X-Forwarded-", "X-Original-", "X-Client-", "X-Azure-", "X-ARR-", "X-AppService-", "X-WAWS-", "CF-",
    ];

    // OpenAI's name for the client's own id of a request
    private const string ClientRequestId = "X-Client-Request-Id";

    private static readonly FrozenSet<string> NotToClient = HopByHop.Concat(
    [
        // They speak for the upstream's host, and would be taken to speak for this one
        "Set-Cookie", "Strict-Transport-Security", "Public-Key-Pins", "Alt-Svc", "Clear-Site-Data", "Server",

        // This service says these itself
        "RateLimit", "RateLimit-Policy", QuotaHeaders.Limit, QuotaHeaders.Remaining, QuotaHeaders.Charged, "X-Request-Id", "Idempotency-Replayed",
    ]).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    // What a header may consist of: text in any encoding that leaves ASCII alone. The server would refuse to send the rest
    private static readonly SearchValues<char> Ascii = SearchValues.Create(Range('\t', '\t') + Range(' ', '~'));
    private static readonly SearchValues<char> Any = SearchValues.Create(Range('\t', '\t') + Range(' ', '~') + Range('\x80', '\xff'));

    /// <summary>Puts a client's headers on the request to the upstream, and the provider's own with a credential of its.</summary>
    public static void CopyToUpstream(IEnumerable<KeyValuePair<string, StringValues>> headers, HttpRequestMessage request, Provider provider, string apiKey)
    {
        var hop = NamedBy(headers.FirstOrDefault(static header => header.Key.Equals("Connection", StringComparison.OrdinalIgnoreCase)).Value);
        foreach (var (name, values) in headers)
        {
            if (MayGoToUpstream(name) && !provider.Replaces(name) && !hop.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                Add(request, name, values);
            }
        }

        provider.Authorize(request, apiKey);
    }

    /// <summary>Puts the upstream's headers on the answer to the client.</summary>
    /// <param name="upstream">The upstream's answer.</param>
    /// <param name="response">The client's.</param>
    /// <param name="provider">The upstream: what quotes its credential is left out.</param>
    /// <param name="beyondAscii">Whether the server writes headers that are not ASCII; else they are left out.</param>
    public static void CopyToClient(HttpResponseMessage upstream, HttpResponse response, Provider provider, bool beyondAscii)
    {
        var sane = beyondAscii ? Any : Ascii;
        var hop = NamedBy(upstream.Headers.NonValidated.TryGetValues("Connection", out var connection) ? connection.ToArray() : default);
        Copy(upstream.Headers.NonValidated);
        Copy(upstream.Content.Headers.NonValidated);

        // Some have no length by definition (RFC 9110, 8.6), and of chunks it is not the length that counts
        if (response.StatusCode is StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent || upstream.Headers.TransferEncodingChunked == true)
        {
            response.ContentLength = null;
        }

        void Copy(HttpHeadersNonValidated found)
        {
            foreach (var (name, values) in found)
            {
                if (!MayGoToClient(name) || hop.Contains(name, StringComparer.OrdinalIgnoreCase))
                {
                    continue;
                }

                var kept = StringValues.Empty;
                foreach (var value in values)
                {
                    if (!value.AsSpan().ContainsAnyExcept(sane) && !provider.IsRevealing(value))
                    {
                        kept = StringValues.Concat(kept, value);
                    }
                }

                if (kept.Count > 0)
                {
                    response.Headers[name] = kept;
                }
            }
        }
    }

    /// <summary>Puts the upstream's trailers on the answer. HTTP/1.1 clients get none: there the server cannot send them.</summary>
    public static void CopyTrailersToClient(HttpResponseMessage upstream, HttpResponse response)
    {
        if (!response.SupportsTrailers())
        {
            return;
        }

        foreach (var (name, values) in upstream.TrailingHeaders.NonValidated)
        {
            response.AppendTrailer(name, values.Where(static value => !value.AsSpan().ContainsAnyExcept(Ascii)).ToArray());
        }
    }

    /// <summary>Whether a header of an answer may be the upstream's, rather than of this hop or this service.</summary>
    public static bool MayGoToClient(string name) => !NotToClient.Contains(name);

    /// <summary>True for a header that settings may add to every request: not what this hop makes itself, nor what belongs to a body.</summary>
    public static bool MayBeAdded(string name) => !OfThisHop.Contains(name)
        && !name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase) && !name.Equals("Accept-Encoding", StringComparison.OrdinalIgnoreCase);

    private static bool MayGoToUpstream(string name)
    {
        if (NotToUpstream.Contains(name))
        {
            return false;
        }

        foreach (var prefix in NotToUpstreamPrefixes)
        {
            if (name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                return name.Equals(ClientRequestId, StringComparison.OrdinalIgnoreCase);
            }
        }

        return true;
    }

    private static void Add(HttpRequestMessage request, string name, StringValues values)
    {
        if (!request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
        {
            request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }
    }

    // What Connection names besides the usual keep-alive
    private static string[] NamedBy(StringValues connection) => connection.Count == 0 || connection.ToString().Equals("keep-alive", StringComparison.OrdinalIgnoreCase)
        ? []
        : connection.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static string Range(char first, char last) => string.Concat(Enumerable.Range(first, last - first + 1).Select(static code => (char)code));
}
