using System.Text;
using System.Text.Json;

namespace QuotaFunctions.Core.Proxying;

/// <summary>
/// Gathers the facts from the tokens of a JSON document as they come. Names are taken in any letter case, as many upstreams do:
/// what is named twice in different cases is named twice.
/// </summary>
internal sealed class JsonMetadata
{
    /// <summary>The deepest nesting that is read.</summary>
    public const int MaxDepth = 512;

    /// <summary>The longest name that is read, in bytes: each character of one may be escaped in six.</summary>
    public const int MaxNameLength = 128;

    // The limits of Gemini and Ollama stand in an object of their own, and so does what Claude's thoughts may take
    private const string Thinking = "thinking";
    private static readonly string[] ContainerNames = ["generationConfig", "generation_config", "options", Thinking];
    private static readonly string[] LimitNames = ["max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens", "num_predict"];

    private Name _name;
    private string? _known;
    private string _container = "";
    private int _attachmentList = -1;

    private enum Name
    {
        Other,
        Model,
        AnswerLimit,
        Responses,
        ThinkingTokens,
        Container,
        Attachment,
    }

    /// <summary>What was found so far.</summary>
    public RequestMetadata Facts { get; private set; } = RequestMetadata.None;

    /// <summary>Whether the next text may be an attachment, by where it stands.</summary>
    public bool ExpectsAttachment => _name == Name.Attachment || _attachmentList >= 0;

    /// <summary>Of the next text, where only its beginning is in the document: its length, 0 where it cannot be an attachment; null where all of it is.</summary>
    public long? CutLength { get; set; }

    /// <summary>Whether the name that a reader has come to, at the top, is that of the model.</summary>
    public static bool NamesModel(ref Utf8JsonReader reader) => reader.CurrentDepth == 1 && new JsonMetadata().NameOf(ref reader) == Name.Model;

    /// <summary>Reads on, as far as there are whole tokens. False where the document is malformed.</summary>
    public bool TryRead(ref Utf8JsonReader reader)
    {
        try
        {
            while (reader.Read())
            {
                Take(ref reader);
            }

            return true;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The latter is what the reader throws for text that is no Unicode
            return false;
        }
    }

    private void Take(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.PropertyName)
        {
            _name = reader.CurrentDepth == 1 || (_container.Length > 0 && reader.CurrentDepth == 2) ? NameOf(ref reader) : Name.Other;
            _name = _name == Name.Other && Attachments.IsName(reader.ValueSpan) ? Name.Attachment : _name;
            return;
        }

        var name = _name;
        _name = Name.Other;
        if (name == Name.Model)
        {
            Facts = Facts.WithModel(reader.TokenType == JsonTokenType.String ? reader.GetString() : null);
            return;
        }

        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject when reader.CurrentDepth == 0:
                Facts = Facts with { IsObject = true };
                break;
            case JsonTokenType.StartObject when name == Name.Container:
                _container = _known!;
                break;
            case JsonTokenType.String when name == Name.Attachment || reader.CurrentDepth == _attachmentList + 1:
                if (Attachments.IsOne(reader.ValueSpan))
                {
                    Facts = Facts.WithAttachment(CutLength ?? reader.ValueSpan.Length);
                }

                break;
            case JsonTokenType.StartArray when name == Name.Attachment:
                _attachmentList = reader.CurrentDepth;
                break;
            case JsonTokenType.EndArray when reader.CurrentDepth == _attachmentList:
                _attachmentList = -1;
                break;
            case JsonTokenType.EndObject when reader.CurrentDepth == 1:
                _container = "";
                break;
            case JsonTokenType.Number when reader.TryGetInt64(out var number) && number > 0:
                Facts = name switch
                {
                    Name.Responses => Facts with { Responses = Math.Max(number, Facts.Responses) },
                    Name.ThinkingTokens => Facts with { ThinkingTokens = Math.Max(number, Facts.ThinkingTokens) },
                    Name.AnswerLimit => Facts.WithAnswerLimit(_container, _known!, number),
                    _ => Facts,
                };
                break;
        }
    }

    private Name NameOf(ref Utf8JsonReader reader)
    {
        if (reader.ValueSpan.Length > MaxNameLength)
        {
            return Name.Other;
        }

        Span<byte> buffer = stackalloc byte[MaxNameLength];
        var name = buffer[..reader.CopyString(buffer)];
        if (reader.CurrentDepth == 1)
        {
            if (Is(name, "model"u8))
            {
                return Name.Model;
            }

            if (OneOf(ContainerNames, name) is { } container)
            {
                _known = container;
                return Name.Container;
            }
        }

        if (OneOf(LimitNames, name) is { } limit)
        {
            _known = limit;
            return Name.AnswerLimit;
        }

        return Is(name, "n"u8) || Is(name, "best_of"u8) || Is(name, "candidateCount"u8) ? Name.Responses
            : _container == Thinking && Is(name, "budget_tokens"u8) ? Name.ThinkingTokens
            : Name.Other;
    }

    private static string? OneOf(string[] known, ReadOnlySpan<byte> name)
    {
        foreach (var text in known)
        {
            if (Ascii.EqualsIgnoreCase(name, text))
            {
                return text;
            }
        }

        return null;
    }

    private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> known) => Ascii.EqualsIgnoreCase(name, known);
}
