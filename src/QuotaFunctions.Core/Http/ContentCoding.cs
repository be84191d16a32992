using System.IO.Compression;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace QuotaFunctions.Core.Http;

/// <summary>Undoes a request's <c>Content-Encoding</c>.</summary>
internal static class ContentCoding
{
    /// <summary>Whether a body is encoded.</summary>
    public static bool IsEncoded(HttpRequest request) => CodingOf(request.Headers.ContentEncoding) is not null;

    /// <summary>The body as it was before it was encoded; the body itself where it is not.</summary>
    /// <exception cref="BadHttpRequestException">415: it is encoded in a way that is not understood, or more than once.</exception>
    public static Stream Decode(HttpRequest request, Stream body) => CodingOf(request.Headers.ContentEncoding)?.ToLowerInvariant() switch
    {
        null => body,
        "gzip" or "x-gzip" => new GZipStream(body, CompressionMode.Decompress),
        "deflate" => new ZLibStream(body, CompressionMode.Decompress),
        "br" => new BrotliStream(body, CompressionMode.Decompress),
        _ => throw new BadHttpRequestException("The Content-Encoding is not supported.", StatusCodes.Status415UnsupportedMediaType),
    };

    private static string? CodingOf(StringValues header)
    {
        var codings = header.ToString()
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(coding => !coding.Equals("identity", StringComparison.OrdinalIgnoreCase));

        // Several in a row are taken for one that nobody knows
        return string.Join(", ", codings) is { Length: > 0 } all ? all : null;
    }
}
