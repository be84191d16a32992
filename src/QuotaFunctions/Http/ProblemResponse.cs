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
/// <param name="Error">Under /v1 only, as OpenAI's SDKs expect it.</param>
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
/// <param name="Code">What programs tell it by.</param>
internal sealed record OpenAIErrorResponse(string Message, string Type, string Code);

/// <summary>How errors are written.</summary>
[JsonSerializable(typeof(ProblemResponse))]
internal sealed partial class ProblemJson : JsonSerializerContext
{
    /// <summary>Without escapes for HTML: errors are read by people on a terminal, and are never part of an HTML page.</summary>
    public static ProblemJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
