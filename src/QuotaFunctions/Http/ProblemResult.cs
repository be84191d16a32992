using System.Globalization;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Http;

namespace QuotaFunctions.Http;

/// <summary>
/// An error, told in the client's own dialect: see <see cref="ErrorDialect"/>. Every error that is answered is written here.
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
    /// <summary>Faults of fields that the text repeats.</summary>
    private const int DescribedErrors = 5;

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Items[typeof(Problem)] = problem;
        var response = httpContext.Response;
        response.StatusCode = problem.Status;
        var dialect = ErrorDialect.Of(httpContext.Request);
        response.ContentType = dialect.ContentType;
        response.Headers.CacheControl = "no-store";
        var wait = retryAfter ?? problem.RetryAfter;
        if (wait is { } time)
        {
            response.Headers.RetryAfter = WholeSeconds(time).ToString(CultureInfo.InvariantCulture);
        }

        if (problem.IsFinal)
        {
            // The SDKs of OpenAI and Anthropic try every 409 and 429 again where they are not told otherwise
            response.Headers["x-should-retry"] = "false";
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

        var body = dialect.Write(new ErrorOccurrence(problem, detail ?? Describe(), httpContext.TraceIdentifier, errors, wait));
        response.ContentLength = body.Length;
        // Not bound to the request: for a client that left the server drops the bytes, and nothing is thrown where nobody catches
        await response.Body.WriteAsync(body, CancellationToken.None);
    }

    /// <summary>Seconds, rounded up, at least one.</summary>
    internal static long WholeSeconds(TimeSpan time) => Math.Max(1, (long)Math.Ceiling(time.TotalSeconds));

    // The first fields are named in the text as well: it is all that an SDK shows
    private string Describe() => errors is not { Count: > 0 }
        ? problem.Detail
        : string.Join(' ', errors.SelectMany(static field => field.Value, static (field, message) => $"{field.Key} {message}").Take(DescribedErrors));
}
