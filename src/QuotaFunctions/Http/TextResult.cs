using Microsoft.AspNetCore.Http;

namespace QuotaFunctions.Http;

/// <summary>A text that is at hand as bytes. It has no public properties, for the reason of <see cref="JsonResult"/>.</summary>
/// <param name="body">The text.</param>
/// <param name="contentType">Its media type, with its encoding.</param>
public sealed class TextResult(byte[] body, string contentType) : IResult
{
    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        var response = httpContext.Response;
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        response.Headers.CacheControl = "no-store";

        // Not bound to the request: for a client that left the server drops the bytes, and nothing is thrown where nobody catches
        await response.Body.WriteAsync(body, CancellationToken.None);
    }
}
