using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace QuotaFunctions.Http;

/// <summary>A file of the dashboard, in the smallest form that the client takes. It has no public properties, for the reason of <see cref="JsonResult"/>.</summary>
internal sealed class DashboardFileResult : IResult
{
    // Nothing from elsewhere, nothing inline, no HTML made of text; and no other page may show this one
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; " +
        "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    private readonly DashboardFile _file;
    private readonly string _cacheControl;

    private DashboardFileResult(DashboardFile file, string cacheControl) => (_file, _cacheControl) = (file, cacheControl);

    /// <summary>The page: asked for anew each time, so that it names the assets of the release that serves it.</summary>
    public static DashboardFileResult Page() => new(DashboardFiles.Page, "no-cache");

    /// <summary>An asset, kept for good: its name changes with its content.</summary>
    public static DashboardFileResult Asset(DashboardFile file) => new(file, "public, max-age=31536000, immutable");

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (asked, response) = (httpContext.Request.GetTypedHeaders(), httpContext.Response);
        var headers = response.Headers;
        headers.ETag = _file.ETag;
        headers.CacheControl = _cacheControl;
        headers.Vary = HeaderNames.AcceptEncoding;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";

        if (asked.IfNoneMatch.Any(tag => tag.Tag.Equals("*", StringComparison.Ordinal) || tag.Tag.Equals(_file.ETag, StringComparison.Ordinal)))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        var (body, encoding) = Choose(asked.AcceptEncoding);
        response.ContentType = _file.ContentType;
        response.ContentLength = body.Length;
        if (encoding is not null)
        {
            headers.ContentEncoding = encoding;
        }

        // Not bound to the request: for a client that left the server drops the bytes, and nothing is thrown where nobody catches
        await response.Body.WriteAsync(body, CancellationToken.None);
    }

    private (byte[] Body, string? Encoding) Choose(IList<StringWithQualityHeaderValue> accepted) =>
        _file.Brotli is { } brotli && Accepts(accepted, "br") ? (brotli, "br")
        : _file.Gzip is { } gzip && Accepts(accepted, "gzip") ? (gzip, "gzip")
        : (_file.Plain, null);

    private static bool Accepts(IList<StringWithQualityHeaderValue> accepted, string encoding) =>
        accepted.Any(value => value.Value.Equals(encoding, StringComparison.OrdinalIgnoreCase) && value.Quality is not 0);
}
