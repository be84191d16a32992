using Microsoft.AspNetCore.Http;

namespace QuotaFunctions.Http;

/// <summary>An answer that is written piece by piece, however long it is. Where writing fails, the connection is cut, so that the client sees it.</summary>
/// <remarks>It has no public properties: the worker serialises results to the host once more.</remarks>
public sealed class StreamResult : IResult
{
    private readonly string _contentType;
    private readonly Func<Stream, CancellationToken, Task> _write;

    /// <summary>Makes an answer.</summary>
    /// <param name="contentType">Its media type.</param>
    /// <param name="write">Writes it.</param>
    public StreamResult(string contentType, Func<Stream, CancellationToken, Task> write) => (_contentType, _write) = (contentType, write);

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = _contentType;
        response.Headers.CacheControl = "no-store";
        if (HttpMethods.IsHead(httpContext.Request.Method))
        {
            return;
        }

        try
        {
            await _write(response.Body, httpContext.RequestAborted);
        }
#pragma warning disable CA1031 // The status is out already: cutting the connection is all that is left to say.
        catch (Exception)
#pragma warning restore CA1031
        {
            httpContext.Abort();
        }
    }
}
