using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Core.Proxying;

/// <summary>What <c>/proxy</c> is asked for: <c>{"endpoint":…,"method":…,"headers":{…},"body":…}</c>.</summary>
/// <remarks>
/// The body may be larger than what is held of the request when it is an object or an array and the last field: then it streams, too.
/// </remarks>
internal sealed class Envelope
{
    private const int MaxDepth = 512;

    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private readonly Dictionary<string, string[]> _errors = [];

    private Envelope()
    {
    }

    /// <summary>Where to send it.</summary>
    public string Endpoint { get; private set; } = "";

    /// <summary>How; null where that is not said.</summary>
    public string? Method { get; private set; }

    /// <summary>With which headers.</summary>
    public Dictionary<string, StringValues> Headers { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What to send, as far as it is at hand; null for nothing.</summary>
    public ReadOnlyMemory<byte>? Body { get; private set; }

    /// <summary>Whether the body was a text and not JSON of its own.</summary>
    public bool IsText { get; private set; }

    /// <summary>Whether the body goes on in the rest of the request.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Reads the beginning of a request.</summary>
    /// <exception cref="RefusedException">It is none.</exception>
    public static Envelope Read(ClientBody request)
    {
        var envelope = new Envelope();
        try
        {
            envelope.ReadFields(request.Head[^Utf8Text.WithoutMark(request.Head.Span).Length..], request.Rest is null);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw RefusedException.Invalid("body", "is not valid JSON.");
        }

        if (envelope.Endpoint.Length == 0)
        {
            envelope._errors.TryAdd("endpoint", ["is required: the absolute URL to call."]);
        }

        return envelope._errors.Count == 0
            ? envelope
            : throw new RefusedException(new Refusal(Problem.InvalidRequest, Errors: envelope._errors));
    }

    private void ReadFields(ReadOnlyMemory<byte> head, bool isWhole)
    {
        var reader = new Utf8JsonReader(head.Span, isWhole, new JsonReaderState(new JsonReaderOptions { MaxDepth = MaxDepth }));
        if (head.IsEmpty || !reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw RefusedException.Invalid("body", "must be a JSON object with the fields endpoint, method, headers and body.");
        }

        var seen = new HashSet<string>();
        while (Next(ref reader) && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = reader.GetString()!;
            if (!seen.Add(field))
            {
                _errors[field] = ["stands more than once."];
            }

            if (field == "body" && !ReadBody(ref reader, head))
            {
                return;
            }

            switch (field)
            {
                case "endpoint":
                    Endpoint = ReadText(ref reader, field) ?? "";
                    break;
                case "method":
                    Method = ReadText(ref reader, field);
                    break;
                case "headers":
                    ReadHeaders(ref reader);
                    break;
                case "body":
                    break;
                default:
                    _errors[field] = ["is not a field."];
                    Skip(ref reader);
                    break;
            }
        }

        // What follows the object is malformed, and found to be so here
        Next(ref reader);
    }

    // False when the body goes on beyond what is at hand
    private bool ReadBody(ref Utf8JsonReader reader, ReadOnlyMemory<byte> head)
    {
        Next(ref reader);
        var start = (int)reader.TokenStartIndex;
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return true;
            case JsonTokenType.String:
                Body = Encoding.UTF8.GetBytes(reader.GetString()!);
                IsText = true;
                return true;
            case JsonTokenType.StartObject or JsonTokenType.StartArray when !reader.TrySkip():
                if (Endpoint.Length == 0)
                {
                    throw TooLarge();
                }

                Body = head[start..];
                IsCut = true;
                return false;
            default:
                Body = head[start..(int)reader.BytesConsumed];
                return true;
        }
    }

    private string? ReadText(ref Utf8JsonReader reader, string field)
    {
        Next(ref reader);
        if (reader.TokenType == JsonTokenType.String)
        {
            return reader.GetString();
        }

        _errors[field] = ["must be a string."];
        if (!reader.TrySkip())
        {
            throw TooLarge();
        }

        return null;
    }

    private void ReadHeaders(ref Utf8JsonReader reader)
    {
        Next(ref reader);
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            _errors["headers"] = ["must be an object of strings."];
            if (!reader.TrySkip())
            {
                throw TooLarge();
            }

            return;
        }

        while (Next(ref reader) && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            var value = ReadText(ref reader, $"headers.{name}");
            if (name.Length == 0 || name.AsSpan().ContainsAnyExcept(NameCharacters))
            {
                _errors["headers"] = ["has a name that no header can have."];
            }
            else if (value is not null && value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            {
                _errors[$"headers.{name}"] = ["must consist of printable ASCII characters."];
            }
            else if (name.Equals(HeaderNames.ContentEncoding, StringComparison.OrdinalIgnoreCase))
            {
                _errors[$"headers.{name}"] = ["must not be there: the body is sent as it stands here."];
            }
            else if (value is not null)
            {
                Headers[name] = value;
            }
        }
    }

    private static void Skip(ref Utf8JsonReader reader)
    {
        if (!reader.TrySkip())
        {
            throw TooLarge();
        }
    }

    private static bool Next(ref Utf8JsonReader reader) => reader.Read() || (reader.IsFinalBlock ? false : throw TooLarge());

    private static RefusedException TooLarge() => RefusedException.Invalid(
        "body", $"is larger than {ClientBody.MaxHead} bytes: then it must be an object or an array, and the last field. Or call /providers/{{provider}}/{{path}}, which streams any body.");
}
