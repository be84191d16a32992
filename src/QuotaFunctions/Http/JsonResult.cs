using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace QuotaFunctions.Http;

/// <summary>
/// An answer in JSON. It is written out when it is made, inside the function: what goes wrong then still becomes a proper
/// answer, and not an empty 500, as it would while the result is carried out.
/// </summary>
/// <remarks>It has no public properties: the worker serialises results to the host once more, and some hold secrets.</remarks>
public sealed class JsonResult : IResult
{
    private readonly byte[] _body;
    private readonly int _status;
    private readonly string? _location;

    private JsonResult(byte[] body, int status, string? location)
    {
        _body = body;
        _status = status;
        _location = location;
    }

    /// <summary>200, or another status.</summary>
    /// <param name="value">What is written.</param>
    /// <param name="type">How it is written.</param>
    /// <param name="status">The status.</param>
    /// <param name="location">Where what was made is to be found; null where nothing was.</param>
    public static JsonResult Of<T>(T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK, string? location = null) =>
        new(JsonSerializer.SerializeToUtf8Bytes(value, type), status, location);

    /// <summary>201, with where the new thing is to be found.</summary>
    public static JsonResult Created<T>(T value, JsonTypeInfo<T> type, string location) =>
        Of(value, type, StatusCodes.Status201Created, location);

    /// <summary>JSON that is at hand as UTF-8.</summary>
    public static JsonResult Raw(byte[] json) => new(json, StatusCodes.Status200OK, location: null);

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = _status;
        response.ContentType = "application/json";
        response.ContentLength = _body.Length;
        response.Headers.CacheControl = "no-store";
        if (_location is not null)
        {
            response.Headers.Location = _location;
        }

        if (!HttpMethods.IsHead(httpContext.Request.Method))
        {
            // Not bound to the request: for a client that left the server drops the bytes, and nothing is thrown where nobody catches
            await response.Body.WriteAsync(_body, CancellationToken.None);
        }
    }
}
