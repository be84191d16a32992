using System.Globalization;
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
    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Items[typeof(Problem)] = problem;
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
        response.ContentLength = body.Length;
        // Not bound to the request: for a client that left the server drops the bytes, and nothing is thrown where nobody catches
        await response.Body.WriteAsync(body, CancellationToken.None);
    }

    private byte[] Write(HttpContext httpContext)
    {
        var message = detail ?? problem.Detail;
        var body = new ProblemResponse(
            problem.Type,
            problem.Title,
            problem.Status,
            message,
            problem.Code,
            httpContext.TraceIdentifier,
            errors,
            httpContext.Request.Path.StartsWithSegments("/v1", StringComparison.OrdinalIgnoreCase)
                ? new OpenAIErrorResponse(message, problem.OpenAIType, problem.Code)
                : null);
        return JsonSerializer.SerializeToUtf8Bytes(body, ProblemJson.Readable.ProblemResponse);
    }
}
