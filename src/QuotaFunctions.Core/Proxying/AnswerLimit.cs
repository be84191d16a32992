using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Core.Proxying;

/// <summary>By which fields of its requests an API is told how many tokens an answer may have at the most.</summary>
/// <param name="Containers">The object in which they stand, by its names; none for the request itself.</param>
/// <param name="Names">The fields; the first is put in where a request has none of them.</param>
internal sealed record AnswerLimit(string[] Containers, string[] Names)
{
    private static readonly AnswerLimit MaxTokens = new([], ["max_tokens"]);
    private static readonly AnswerLimit Chat = new([], ["max_tokens", "max_completion_tokens"]);
    private static readonly AnswerLimit OpenAIChat = new([], ["max_completion_tokens", "max_tokens"]);
    private static readonly AnswerLimit Responses = new([], ["max_output_tokens"]);
    private static readonly AnswerLimit Gemini = new(["generationConfig", "generation_config"], ["maxOutputTokens", "max_output_tokens"]);
    private static readonly AnswerLimit Ollama = new(["options"], ["num_predict"]);

    // By the end of the path; the first that fits
    private static readonly (string Path, AnswerLimit Limit)[] ByPath =
    [
        ("/chat/completions", Chat),
        ("/completions", MaxTokens),
        ("/responses", Responses),
        ("/messages", MaxTokens),
        (":generateContent", Gemini),
        (":streamGenerateContent", Gemini),
        ("/api/chat", Ollama),
        ("/api/generate", Ollama),
        ("/chat", MaxTokens),
    ];

    /// <summary>The fields of the API that a call goes to; null where none is known.</summary>
    /// <param name="path">As the upstream understands it.</param>
    /// <param name="provider">Whose API it is.</param>
    public static AnswerLimit? For(string path, Provider provider)
    {
        var found = Array.Find(ByPath, known => UpstreamPath.EndsInAny(path, known.Path)).Limit;
        return found == Chat && provider.Vendor.ChatLimit == OpenAIChat.Names[0] ? OpenAIChat : found;
    }

    /// <summary>The most tokens that a request allows an answer; null where it sets no limit.</summary>
    public long? In(RequestMetadata facts) => facts.AnswerLimits
        .Where(limit => IsOneOf(Names, limit.Field) && (Containers.Length == 0 ? limit.Container.Length == 0 : IsOneOf(Containers, limit.Container)))
        .Max(static limit => (long?)limit.Tokens);

    /// <summary>Sets the limit in a body: in place of each field that allows more, else where it belongs. Everything else stays to the letter.</summary>
    /// <param name="body">A whole document of JSON, an object.</param>
    /// <param name="tokens">At least 1.</param>
    public ReadOnlyMemory<byte> Set(ReadOnlyMemory<byte> body, long tokens)
    {
        // From the end, so that what is still to be changed stays where it is
        foreach (var (start, length, text) in EditsOf(body, tokens).OrderByDescending(static edit => edit.Start))
        {
            body = BodySplice.Splice(body, start, length, Encoding.ASCII.GetBytes(text));
        }

        return body;
    }

    private List<Edit> EditsOf(ReadOnlyMemory<byte> body, long tokens)
    {
        var start = body.Length - Utf8Text.WithoutMark(body.Span).Length;
        start += body.Span[start..].IndexOf((byte)'{');
        if (Containers.Length == 0)
        {
            return EditsOf(body, start, tokens);
        }

        var request = PropertiesOf(body.Span[start..]);
        var containers = request.FindAll(property => IsOneOf(Containers, property.Name));
        var edits = containers.ConvertAll(found => body.Span[start + found.Start] == '{'
            ? EditsOf(body, start + found.Start, tokens)
            : [new Edit(start + found.Start, found.Length, $"{{{Field(tokens)}}}")]).SelectMany(static edits => edits).ToList();
        return containers.Count > 0 ? edits : [Insertion(start, $"\"{Containers[0]}\":{{{Field(tokens)}}}", request.Count > 0)];
    }

    /// <summary>What is to be done in the object that begins at a place of the body.</summary>
    private List<Edit> EditsOf(ReadOnlyMemory<byte> body, int start, long tokens)
    {
        var properties = PropertiesOf(body.Span[start..]);
        var limits = properties.FindAll(property => IsOneOf(Names, property.Name));
        return limits.Count == 0
            ? [Insertion(start, Field(tokens), properties.Count > 0)]
            : limits.FindAll(limit => AllowsMore(body.Span.Slice(start + limit.Start, limit.Length), tokens))
                .ConvertAll(limit => new Edit(start + limit.Start, limit.Length, tokens.ToString(CultureInfo.InvariantCulture)));
    }

    private string Field(long tokens) => string.Create(CultureInfo.InvariantCulture, $"\"{Names[0]}\":{tokens}");

    private static Edit Insertion(int start, string text, bool isBeforeOthers) => new(start + 1, 0, isBeforeOthers ? text + "," : text);

    private static bool AllowsMore(ReadOnlySpan<byte> value, long tokens) =>
        !(Utf8Parser.TryParse(value, out long limit, out var length) && length == value.Length && limit >= 1 && limit <= tokens);

    private static List<Property> PropertiesOf(ReadOnlySpan<byte> text)
    {
        var properties = new List<Property>();
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = JsonMetadata.MaxDepth });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {

            // What is longer was not looked at before, and may be no Unicode
            var name = reader.ValueSpan.Length <= JsonMetadata.MaxNameLength ? reader.GetString()! : "";
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            properties.Add(new Property(name, start, (int)reader.BytesConsumed - start));
        }

        return properties;
    }

    private static bool IsOneOf(string[] names, string name) => names.Contains(name, StringComparer.OrdinalIgnoreCase);

    /// <summary>A property of an object, and where its value stands in it, in bytes.</summary>
    private readonly record struct Property(string Name, int Start, int Length);

    /// <summary>What to put in place of so many bytes.</summary>
    private readonly record struct Edit(int Start, int Length, string Text);
}
