using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Http;

namespace QuotaFunctions.Http;

/// <summary>An error as it is to be told.</summary>
/// <param name="Problem">What went wrong.</param>
/// <param name="Detail">What went wrong this time.</param>
/// <param name="RequestId">The request's id.</param>
/// <param name="Errors">What is wrong, by field; null where it is no field.</param>
/// <param name="RetryAfter">When it is worth while to ask again; null where nobody knows.</param>
internal sealed record ErrorOccurrence(
    Problem Problem, string Detail, string RequestId, IReadOnlyDictionary<string, string[]>? Errors, TimeSpan? RetryAfter)
{
    /// <summary>The first field that is wrong; null where it is none, or the body as a whole.</summary>
    public string? Field => Errors?.Keys.FirstOrDefault(static name => name != "body");
}

/// <summary>
/// How an error is told, so that the client's SDK can read it: as the vendor's API does whose SDK the client seems to be, and as
/// <c>application/problem+json</c> (RFC 9457) to everybody else. Described in docs/errors.md.
/// </summary>
internal abstract class ErrorDialect
{
    private const string Json = "application/json";
    private const string AnthropicVersion = "anthropic-version";
    private const string GoogleKey = "x-goog-api-key";

    // What OpenAI's paths begin with, behind the version or without one
    private static readonly HashSet<string> OpenAIPaths = new(StringComparer.OrdinalIgnoreCase)
    {
        "v1", "openai", "chat", "completions", "embeddings", "responses", "images", "audio", "moderations", "files", "uploads", "batches", "models", "fine_tuning",
    };

    // What Google's paths end in, behind a colon
    private static readonly string[] GoogleVerbs =
        ["generateContent", "streamGenerateContent", "countTokens", "embedContent", "batchEmbedContents", "batchGenerateContent", "predict", "predictLongRunning"];

    /// <summary>The media type.</summary>
    public abstract string ContentType { get; }

    /// <summary>The dialect of the client that sent a request.</summary>
    public static ErrorDialect Of(HttpRequest request)
    {
        var path = (request.Path.Value ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
        var (isV1, isProvider, isProxy) = (Begins("v1"), Begins("providers"), Begins("proxy"));
        if (!isV1 && !isProvider && !isProxy)
        {
            // No vendor's SDK calls anything else
            return new Plain();
        }

        if (request.Headers.ContainsKey(AnthropicVersion))
        {
            return new Anthropic();
        }

        if (!string.IsNullOrEmpty(request.Headers[GoogleKey]) || Array.Exists(GoogleVerbs, verb => path[^1].EndsWith(":" + verb, StringComparison.OrdinalIgnoreCase)))
        {
            return new Google();
        }

        return isV1 || (isProvider && path.Skip(2).Any(OpenAIPaths.Contains)) ? new OpenAI() : new Plain();

        bool Begins(string segment) => path.Length > 0 && path[0].Equals(segment, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Writes the document.</summary>
    public abstract byte[] Write(ErrorOccurrence error);

    private static byte[] Problem(ErrorOccurrence error, OpenAIErrorResponse? openAI) => JsonSerializer.SerializeToUtf8Bytes(
        new ProblemResponse(
            error.Problem.Type, error.Problem.Title, error.Problem.Status, error.Detail, error.Problem.Code, error.RequestId, error.Errors, openAI),
        ProblemJson.Readable.ProblemResponse);

    private class Plain : ErrorDialect
    {
        public override string ContentType => "application/problem+json";

        public override byte[] Write(ErrorOccurrence error) => Problem(error, openAI: null);
    }

    private sealed class OpenAI : Plain
    {
        public override byte[] Write(ErrorOccurrence error) =>
            Problem(error, new OpenAIErrorResponse(error.Detail, TypeOf(error.Problem), error.Field, error.Problem.Code));

        private static string TypeOf(Problem problem) => problem.Status switch
        {
            401 => "authentication_error",
            403 => "permission_error",
            429 => problem.IsQuotaUsedUp ? "insufficient_quota" : "rate_limit_error",
            >= 500 => "server_error",
            _ => "invalid_request_error",
        };
    }

    private sealed class Anthropic : ErrorDialect
    {
        public override string ContentType => Json;

        public override byte[] Write(ErrorOccurrence error) => JsonSerializer.SerializeToUtf8Bytes(
            new AnthropicErrorResponse(
                "error", new AnthropicError(TypeOf(error.Problem.Status), error.Detail), error.RequestId, error.Problem.Code, error.Errors),
            ProblemJson.Readable.AnthropicErrorResponse);

        private static string TypeOf(int status) => status switch
        {
            401 => "authentication_error",
            403 => "permission_error",
            404 => "not_found_error",
            413 => "request_too_large",
            429 => "rate_limit_error",
            503 => "overloaded_error",
            504 => "timeout_error",
            >= 500 => "api_error",
            _ => "invalid_request_error",
        };
    }

    private sealed class Google : ErrorDialect
    {
        private const string Types = "type.googleapis.com/google.rpc.";

        public override string ContentType => Json;

        public override byte[] Write(ErrorOccurrence error) => JsonSerializer.SerializeToUtf8Bytes(
            new GoogleErrorResponse(new GoogleError(error.Problem.Status, error.Detail, StatusOf(error.Problem.Status), [.. DetailsOf(error)])),
            ProblemJson.Google.GoogleErrorResponse);

        private static IEnumerable<GoogleErrorDetail> DetailsOf(ErrorOccurrence error)
        {
            yield return new GoogleErrorDetail(Types + "ErrorInfo")
            {
                Reason = error.Problem.Code.ToUpperInvariant(),
                Domain = "quota-functions",
                Metadata = new Dictionary<string, string> { ["code"] = error.Problem.Code, ["requestId"] = error.RequestId },
            };
            if (error.RetryAfter is { } wait)
            {
                yield return new GoogleErrorDetail(Types + "RetryInfo") { RetryDelay = string.Create(CultureInfo.InvariantCulture, $"{ProblemResult.WholeSeconds(wait)}s") };
            }

            if (error.Errors is { } errors)
            {
                yield return new GoogleErrorDetail(Types + "BadRequest")
                {
                    FieldViolations = [.. errors.SelectMany(static field => field.Value, static (field, message) => new GoogleFieldViolation(field.Key, message))],
                };
            }
        }

        private static string StatusOf(int status) => status switch
        {
            401 => "UNAUTHENTICATED",
            403 => "PERMISSION_DENIED",
            404 => "NOT_FOUND",
            409 => "ABORTED",
            422 => "FAILED_PRECONDITION",
            429 => "RESOURCE_EXHAUSTED",
            500 => "INTERNAL",
            501 => "UNIMPLEMENTED",
            504 => "DEADLINE_EXCEEDED",
            > 500 => "UNAVAILABLE",
            _ => "INVALID_ARGUMENT",
        };
    }
}
