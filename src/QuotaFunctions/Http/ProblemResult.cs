using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Http;

namespace QuotaFunctions.Http;

/// <summary>
/// An error as <c>application/problem+json</c> (RFC 9457); under <c>/v1</c> with OpenAI's <c>error</c> object as well, so that its SDKs show the message.
/// </summary>
/// <remarks>It has no public properties: the worker serialises results to the host once more.</remarks>
/// <param name="problem">What went wrong.</param>
/// <param name="detail">What is special about this occurrence; null for the problem's own words.</param>
/// <param name="errors">What is wrong, by field.</param>
/// <param name="retryAfter">When it is worth while to ask again; null for what the problem says.</param>
public sealed class ProblemResult(
    Problem problem,
    string? detail = null,
    IReadOnlyDictionary<string, string[]>? errors = null,
    TimeSpan? retryAfter = null) : IResult
{
    // Read by people on a terminal; never part of an HTML page
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = problem.Status;
        response.ContentType = "application/problem+json";
        response.Headers.CacheControl = "no-store";
        if ((retryAfter ?? problem.RetryAfter) is { } wait)
        {
            var seconds = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds));
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        if (problem.Status == StatusCodes.Status401Unauthorized)
        {
            // RFC 6750: no error attribute where nothing was sent
            response.Headers.WWWAuthenticate = problem == Problem.KeyMissing || problem == Problem.TokenMissing
                ? "Bearer realm=\"quota-functions\""
                : "Bearer realm=\"quota-functions\", error=\"invalid_token\"";
        }

        if (HttpMethods.IsHead(httpContext.Request.Method))
        {
            return;
        }

        var body = Write(httpContext);
        response.ContentLength = body.WrittenCount;
        // Not bound to the request: for a client that left the server drops the bytes, and nothing is thrown where nobody catches
        await response.Body.WriteAsync(body.WrittenMemory, CancellationToken.None);
    }

    private ArrayBufferWriter<byte> Write(HttpContext httpContext)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(buffer, Readable);
        json.WriteStartObject();
        json.WriteString("type", problem.Type);
        json.WriteString("title", problem.Title);
        json.WriteNumber("status", problem.Status);
        json.WriteString("detail", detail ?? problem.Detail);
        json.WriteString("code", problem.Code);
        json.WriteString("request_id", httpContext.TraceIdentifier);
        if (errors is not null)
        {
            json.WriteStartObject("errors");
            foreach (var (field, messages) in errors)
            {
                json.WriteStartArray(field);
                foreach (var message in messages)
                {
                    json.WriteStringValue(message);
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        if (httpContext.Request.Path.StartsWithSegments("/v1", StringComparison.OrdinalIgnoreCase))
        {
            json.WriteStartObject("error");
            json.WriteString("message", detail ?? problem.Detail);
            json.WriteString("type", problem.OpenAIType);
            json.WriteString("code", problem.Code);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.Flush();
        return buffer;
    }
}
