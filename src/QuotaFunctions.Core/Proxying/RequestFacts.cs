using System.Text.Json;
using QuotaFunctions.Core.Quotas;

namespace QuotaFunctions.Core.Proxying;

/// <summary>What the beginning of a request's body says of it.</summary>
internal sealed record RequestFacts
{
    /// <summary>Tokens that an answer is taken to have where the request sets no limit.</summary>
    public const long DefaultAnswerTokens = 1_000;

    /// <summary>The longest name of a model, in characters.</summary>
    public const int MaxModelLength = 200;

    /// <summary>Nothing is known: there is no body, or none that can be read.</summary>
    public static readonly RequestFacts None = new();

    private const int BytesPerToken = 4;
    private const int MaxDepth = 512;

    private enum Name
    {
        Other,
        Model,
        AnswerTokens,
        Answers,
        GenerationConfig,
    }

    /// <summary>The body is an object of JSON, as far as it was read.</summary>
    public bool IsObject { get; private init; }

    /// <summary>The body says that it is JSON, and is not.</summary>
    public bool IsMalformed { get; private init; }

    /// <summary>The top-level <c>model</c>; null where there is none (in the part that was read), or it is no text.</summary>
    public string? Model { get; private init; }

    /// <summary>How often a <c>model</c> stands at the top.</summary>
    public int Models { get; private init; }

    private long? AnswerTokens { get; init; }

    private long Answers { get; init; } = 1;

    /// <summary>Reads the beginning of a body.</summary>
    /// <param name="head">The beginning, or all of it.</param>
    /// <param name="isWhole">Whether it is all of it.</param>
    /// <param name="isDeclaredJson">Whether the request says that it is JSON.</param>
    public static RequestFacts Read(ReadOnlySpan<byte> head, bool isWhole, bool isDeclaredJson)
    {
        // Upstreams are not strict about the declared type, so neither is this: what looks like an object is read as one
        var text = (head.StartsWith("\uFEFF"u8) ? head[3..] : head).TrimStart(" \t\r\n"u8);
        if (text.IsEmpty || (text[0] != '{' && !isDeclaredJson))
        {
            return None;
        }

        var reader = new Utf8JsonReader(text, isWhole, new JsonReaderState(new JsonReaderOptions { MaxDepth = MaxDepth }));
        try
        {
            var facts = reader.Read() && reader.TokenType == JsonTokenType.StartObject
                ? ReadObject(ref reader, new RequestFacts { IsObject = true })
                : None;
            while (reader.Read())
            {
                // To the end: what follows may still be malformed
            }

            return facts;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The latter is what the reader throws for text that is no Unicode
            return isDeclaredJson ? None with { IsMalformed = true } : None;
        }
    }

    /// <summary>Estimates the tokens that a request will use: its own, and those of the longest answer that it allows.</summary>
    /// <param name="length">Of the body, in bytes.</param>
    public long EstimateTokens(long length)
    {
        if (!IsObject)
        {
            return ChargeRequest.MinCost;
        }

        var answer = Math.Min(AnswerTokens ?? DefaultAnswerTokens, ChargeRequest.MaxCost) * Math.Min(Answers, ChargeRequest.MaxCost);
        return Math.Clamp((length / BytesPerToken) + answer, ChargeRequest.MinCost, ChargeRequest.MaxCost);
    }

    // The reader stands on the object's brace; afterwards on its end, or where what is at hand ends
    private static RequestFacts ReadObject(ref Utf8JsonReader reader, RequestFacts facts)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = NameOf(ref reader);
            if (name == Name.Other)
            {
                if (!reader.TrySkip())
                {
                    break;
                }

                continue;
            }

            if (!reader.Read())
            {
                break;
            }

            if (name == Name.Model)
            {
                var model = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                facts = facts with { Models = facts.Models + 1, Model = model is { Length: > 0 and <= MaxModelLength } ? model : null };
            }
            else if (name == Name.GenerationConfig && reader.TokenType == JsonTokenType.StartObject)
            {
                facts = ReadObject(ref reader, facts);
                continue;
            }
            else if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number) && number > 0)
            {
                facts = name == Name.Answers
                    ? facts with { Answers = Math.Max(number, facts.Answers) }
                    : facts with { AnswerTokens = Math.Max(number, facts.AnswerTokens ?? 0) };
            }

            if (!reader.TrySkip())
            {
                break;
            }
        }

        return facts;
    }

    private static Name NameOf(ref Utf8JsonReader reader)
    {
        var isTop = reader.CurrentDepth == 1;
        if (isTop && reader.ValueTextEquals("model"u8))
        {
            return Name.Model;
        }

        // Gemini's limits stand in an object of their own
        if (isTop && (reader.ValueTextEquals("generationConfig"u8) || reader.ValueTextEquals("generation_config"u8)))
        {
            return Name.GenerationConfig;
        }

        if (reader.ValueTextEquals("max_tokens"u8) || reader.ValueTextEquals("max_completion_tokens"u8)
            || reader.ValueTextEquals("max_output_tokens"u8) || reader.ValueTextEquals("maxOutputTokens"u8))
        {
            return Name.AnswerTokens;
        }

        return reader.ValueTextEquals("n"u8) || reader.ValueTextEquals("candidateCount"u8) ? Name.Answers : Name.Other;
    }
}
