using System.Text.Json.Nodes;

namespace QuotaFunctions.OpenApiGenerator;

/// <summary>Names, types and links of the description in Markdown.</summary>
internal static class MarkdownText
{
    /// <summary>What a reference names.</summary>
    public static string Name(string reference) => reference[(reference.LastIndexOf('/') + 1)..];

    /// <summary>The anchor of a heading, as GitHub makes it.</summary>
    public static string Anchor(string heading) => string.Concat(heading.ToLowerInvariant()
        .Where(character => char.IsAsciiLetterOrDigit(character) || character is ' ' or '-' or '_').Select(character => character == ' ' ? '-' : character));

    /// <summary>Text in a cell of a table.</summary>
    public static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    /// <summary>A type in words, with its limits.</summary>
    public static string TypeOf(JsonNode schema)
    {
        if ((string?)schema["$ref"] is { } reference)
        {
            return $"[`{Name(reference)}`](#{Anchor(Name(reference))})";
        }

        if (schema["oneOf"] is JsonArray choices)
        {
            return string.Join(" or ", choices.Select(choice => TypeOf(choice!)));
        }

        var types = schema["type"] switch
        {
            JsonArray several => several.Select(type => (string)type!),
            { } one => [(string)one!],
            null => ["any"],
        };
        return string.Join(" or ", types.Select(type => type switch
        {
            "array" => $"list of {TypeOf(schema["items"]!)}",
            "object" when schema["additionalProperties"] is JsonObject values => $"object of {TypeOf(values)}",
            _ => type,
        })) + Limits(schema);
    }

    private static string Limits(JsonNode schema)
    {
        var limits = new List<string>();
        if (schema["enum"] is JsonArray values)
        {
            limits.Add(string.Join(", ", values.Where(value => value is not null).Select(value => $"`{value}`")));
        }

        AddRange("minimum", "maximum", "");
        AddRange("minLength", "maxLength", " characters");
        AddRange("minItems", "maxItems", " of them");
        foreach (var (word, text) in ((string, string)[])[("format", ""), ("pattern", "pattern "), ("default", "default ")])
        {
            if (schema[word] is { } value)
            {
                limits.Add($"{text}`{Cell(value.ToString())}`");
            }
        }

        return limits.Count == 0 ? "" : $"; {string.Join("; ", limits)}";

        void AddRange(string least, string most, string unit)
        {
            var text = (schema[least], schema[most]) switch
            {
                ({ } from, { } to) => $"{from} to {to}{unit}",
                ({ } from, null) => $"{from}{unit} or more",
                (null, { } to) => $"at most {to}{unit}",
                _ => null,
            };
            if (text is not null)
            {
                limits.Add(text);
            }
        }
    }
}
