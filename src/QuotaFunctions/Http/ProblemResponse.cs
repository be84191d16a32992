using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace QuotaFunctions.Http;

/// <summary>An error (RFC 9457). docs/errors.md has every code.</summary>
/// <param name="Type">A URN for the code.</param>
/// <param name="Title">What went wrong, the same for every occurrence.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">What went wrong this time.</param>
/// <param name="Code">What programs tell it by.</param>
/// <param name="RequestId">The request's id.</param>
/// <param name="Errors">What is wrong, by field; body for the body as a whole.</param>
/// <param name="Error">On the paths of OpenAI's API only, as its SDKs expect it.</param>
internal sealed record ProblemResponse(
    string Type,
    string Title,
    int Status,
    string Detail,
    string Code,
    string RequestId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, string[]>? Errors,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] OpenAIErrorResponse? Error);

/// <summary>An error as OpenAI's SDKs show it.</summary>
/// <param name="Message">What went wrong.</param>
/// <param name="Type">OpenAI's word for this kind of error.</param>
/// <param name="Param">The field that is wrong; null where it is none.</param>
/// <param name="Code">What programs tell it by.</param>
internal sealed record OpenAIErrorResponse(string Message, string Type, string? Param, string Code);

/// <summary>An error as Anthropic's API tells it.</summary>
/// <param name="Type">Always <c>error</c>.</param>
/// <param name="Error">The error.</param>
/// <param name="RequestId">The request's id.</param>
/// <param name="Code">What programs tell it by here.</param>
/// <param name="Errors">What is wrong, by field.</param>
internal sealed record AnthropicErrorResponse(
    string Type,
    AnthropicError Error,
    string RequestId,
    string Code,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, string[]>? Errors);

/// <summary>What went wrong, in Anthropic's words.</summary>
/// <param name="Type">Anthropic's word for this kind of error.</param>
/// <param name="Message">What went wrong.</param>
internal sealed record AnthropicError(string Type, string Message);

/// <summary>An error as Google's APIs tell it.</summary>
/// <param name="Error">The error.</param>
internal sealed record GoogleErrorResponse(GoogleError Error);

/// <summary>What went wrong, in Google's words (google.rpc.Status).</summary>
/// <param name="Code">The HTTP status.</param>
/// <param name="Message">What went wrong.</param>
/// <param name="Status">Google's word for this kind of error.</param>
/// <param name="Details">More of it.</param>
internal sealed record GoogleError(int Code, string Message, string Status, IReadOnlyList<GoogleErrorDetail> Details);

/// <summary>ErrorInfo, RetryInfo or BadRequest of google.rpc.</summary>
/// <param name="Type">Which of them.</param>
internal sealed record GoogleErrorDetail([property: JsonPropertyName("@type")] string Type)
{
    /// <summary>ErrorInfo: the error's code, in capital letters.</summary>
    public string? Reason { get; init; }

    /// <summary>ErrorInfo: whose code that is.</summary>
    public string? Domain { get; init; }

    /// <summary>ErrorInfo: the code as everywhere, and the request's id.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    /// <summary>RetryInfo: seconds until it is worth while to ask again, with an s behind them.</summary>
    public string? RetryDelay { get; init; }

    /// <summary>BadRequest: what is wrong, by field.</summary>
    public IReadOnlyList<GoogleFieldViolation>? FieldViolations { get; init; }
}

/// <summary>A field that is wrong.</summary>
/// <param name="Field">Which.</param>
/// <param name="Description">What is wrong with it.</param>
internal sealed record GoogleFieldViolation(string Field, string Description);

/// <summary>How errors are written.</summary>
[JsonSerializable(typeof(ProblemResponse))]
[JsonSerializable(typeof(AnthropicErrorResponse))]
[JsonSerializable(typeof(GoogleErrorResponse))]
internal sealed partial class ProblemJson : JsonSerializerContext
{
    /// <summary>Without escapes for HTML: errors are read by people on a terminal, and are never part of an HTML page.</summary>
    public static ProblemJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
    /// <summary>The same with Google's way to write names.</summary>
    public static ProblemJson Google { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
