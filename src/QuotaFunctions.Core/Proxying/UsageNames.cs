using System.Text;

namespace QuotaFunctions.Core.Proxying;

/// <summary>What an object or array of an answer is.</summary>
internal enum UsagePlace
{
    /// <summary>Nothing that matters.</summary>
    Elsewhere,

    /// <summary>The answer, or a part of it in which usage may stand as well.</summary>
    Answer,

    /// <summary>The list of OpenAI's choices, or one of them.</summary>
    Choices,

    /// <summary>Cohere's <c>meta</c>.</summary>
    Meta,

    /// <summary>A report.</summary>
    Usage,

    /// <summary>What a report says of its parts.</summary>
    Details,

    /// <summary>Cohere's report of what is billed, which counts where there is no other.</summary>
    Billed,
}

/// <summary>What a property of an answer means. From <see cref="Total"/> on they are numbers of tokens.</summary>
internal enum UsageName
{
    Other,
    Text,
    Answer,
    Choices,
    Meta,
    Usage,
    Details,
    Billed,
    Type,
    StopReason,
    Done,
    Error,
    Total,
    Input,
    InputWithoutCache,
    OwnInput,
    Output,
    OwnOutput,
    Thoughts,
    ToolUse,
    CacheWritten,
    CacheRead,
    CacheReadWithin,
    CacheWrittenWithin,
    CacheWrittenForLong,
}

/// <summary>The names by which APIs tell of tokens, and where. Described in docs/proxying.md.</summary>
internal static class UsageNames
{
    private static readonly Dictionary<string, UsageName> InAnswer = new()
    {
        ["usage"] = UsageName.Usage,
        ["usageMetadata"] = UsageName.Usage,
        ["usage_metadata"] = UsageName.Usage,
        ["amazon-bedrock-invocationMetrics"] = UsageName.Usage,

        // OpenAI's streamed responses, Claude's streamed messages, Cohere's streams and Groq hold it one step further down
        ["response"] = UsageName.Answer,
        ["message"] = UsageName.Answer,
        ["delta"] = UsageName.Answer,
        ["x_groq"] = UsageName.Answer,
        ["choices"] = UsageName.Choices,
        ["meta"] = UsageName.Meta,

        // Ollama's, and those of Llama and Titan on Bedrock
        ["prompt_eval_count"] = UsageName.OwnInput,
        ["eval_count"] = UsageName.OwnOutput,
        ["prompt_token_count"] = UsageName.OwnInput,
        ["generation_token_count"] = UsageName.OwnOutput,
        ["inputTextTokenCount"] = UsageName.OwnInput,

        ["type"] = UsageName.Type,
        ["event_type"] = UsageName.Type,
        ["stop_reason"] = UsageName.StopReason,
        ["done"] = UsageName.Done,
        ["error"] = UsageName.Error,
    };

    private static readonly Dictionary<string, UsageName> InUsage = new()
    {
        ["total_tokens"] = UsageName.Total,
        ["totalTokens"] = UsageName.Total,
        ["totalTokenCount"] = UsageName.Total,
        ["total_token_count"] = UsageName.Total,
        ["prompt_tokens"] = UsageName.Input,
        ["promptTokenCount"] = UsageName.Input,
        ["prompt_token_count"] = UsageName.Input,
        ["inputTokenCount"] = UsageName.Input,

        // Claude counts its cache apart from these
        ["input_tokens"] = UsageName.InputWithoutCache,
        ["inputTokens"] = UsageName.InputWithoutCache,
        ["cache_creation_input_tokens"] = UsageName.CacheWritten,
        ["cacheWriteInputTokens"] = UsageName.CacheWritten,
        ["cache_read_input_tokens"] = UsageName.CacheRead,
        ["cacheReadInputTokens"] = UsageName.CacheRead,
        ["completion_tokens"] = UsageName.Output,
        ["output_tokens"] = UsageName.Output,
        ["outputTokens"] = UsageName.Output,
        ["outputTokenCount"] = UsageName.Output,
        ["candidatesTokenCount"] = UsageName.Output,
        ["candidates_token_count"] = UsageName.Output,
        ["thoughtsTokenCount"] = UsageName.Thoughts,
        ["thoughts_token_count"] = UsageName.Thoughts,
        ["toolUsePromptTokenCount"] = UsageName.ToolUse,
        ["tool_use_prompt_token_count"] = UsageName.ToolUse,
        ["tokens"] = UsageName.Usage,
        ["billed_units"] = UsageName.Billed,

        // Within the tokens of the prompt: Gemini's, DeepSeek's, Moonshot's
        ["cachedContentTokenCount"] = UsageName.CacheReadWithin,
        ["cached_content_token_count"] = UsageName.CacheReadWithin,
        ["prompt_cache_hit_tokens"] = UsageName.CacheReadWithin,
        ["cached_tokens"] = UsageName.CacheReadWithin,

        // OpenAI's, and Claude's of what it wrote to its cache
        ["prompt_tokens_details"] = UsageName.Details,
        ["input_tokens_details"] = UsageName.Details,
        ["cache_creation"] = UsageName.Details,
    };

    private static readonly Dictionary<string, UsageName> InDetails = new()
    {
        ["cached_tokens"] = UsageName.CacheReadWithin,
        ["cache_write_tokens"] = UsageName.CacheWrittenWithin,
        ["ephemeral_1h_input_tokens"] = UsageName.CacheWrittenForLong,
    };

    // In which what a model writes stands
    private static readonly Dictionary<string, UsageName> Anywhere = new[]
    {
        "content", "text", "arguments", "partial_json", "thinking", "reasoning", "reasoning_content", "refusal", "output_text", "transcript",
    }.ToDictionary(static name => name, static _ => UsageName.Text);

    /// <summary>The place of an object or array.</summary>
    /// <param name="outer">The place around it.</param>
    /// <param name="isProperty">Whether that is an object.</param>
    /// <param name="name">What the property is called there.</param>
    public static UsagePlace PlaceIn(UsagePlace outer, bool isProperty, UsageName name) => (outer, isProperty, name) switch
    {
        // An element of an array: Gemini streams one array of answers
        (UsagePlace.Answer or UsagePlace.Choices, false, _) => outer,
        (_, false, _) => UsagePlace.Elsewhere,
        (_, true, UsageName.Answer) => UsagePlace.Answer,
        (_, true, UsageName.Choices) => UsagePlace.Choices,
        (_, true, UsageName.Meta) => UsagePlace.Meta,
        (_, true, UsageName.Usage) => UsagePlace.Usage,
        (_, true, UsageName.Details) => UsagePlace.Details,
        (_, true, UsageName.Billed) => UsagePlace.Billed,
        _ => UsagePlace.Elsewhere,
    };

    /// <summary>What a property means.</summary>
    /// <param name="place">Where it stands.</param>
    /// <param name="name">What it is called.</param>
    public static UsageName Of(UsagePlace place, ReadOnlySpan<byte> name)
    {
        var found = place switch
        {
            UsagePlace.Answer => Find(InAnswer, name),
            UsagePlace.Usage or UsagePlace.Billed => Find(InUsage, name),
            UsagePlace.Details => Find(InDetails, name),

            // Moonshot puts it with the last choice
            UsagePlace.Choices when name.SequenceEqual("usage"u8) => UsageName.Usage,
            UsagePlace.Meta when Find(InUsage, name) is var inner and (UsageName.Usage or UsageName.Billed) => inner,
            _ => UsageName.Other,
        };
        return found == UsageName.Other ? Find(Anywhere, name) : found;
    }

    /// <summary>Whether an event of this type is the last one that tells of usage.</summary>
    public static bool IsLast(ReadOnlySpan<byte> type) =>
        type.SequenceEqual("response.completed"u8) || type.SequenceEqual("response.incomplete"u8) || type.SequenceEqual("response.failed"u8)
        || type.SequenceEqual("message_stop"u8) || type.SequenceEqual("message-end"u8) || type.SequenceEqual("stream-end"u8);

    /// <summary>Whether an event of this type tells of an error.</summary>
    public static bool IsError(ReadOnlySpan<byte> type) => type.SequenceEqual("error"u8) || type.SequenceEqual("response.failed"u8);

    private static UsageName Find(Dictionary<string, UsageName> names, ReadOnlySpan<byte> name)
    {
        Span<char> text = stackalloc char[name.Length];
        return Encoding.UTF8.TryGetChars(name, text, out var length)
            && names.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text[..length], out var found)
                ? found
                : UsageName.Other;
    }
}
