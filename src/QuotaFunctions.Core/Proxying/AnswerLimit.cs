namespace QuotaFunctions.Core.Proxying;

/// <summary>What an API calls the limit of an answer's tokens in a request.</summary>
internal static class AnswerLimit
{
    // What a path ends in, and the field by its path in the body
    private static readonly (string End, string Field)[] Fields =
    [
        ("/completions", "max_tokens"),
        ("/responses", "max_output_tokens"),
        ("/messages", "max_tokens"),
        (":generateContent", "generationConfig.maxOutputTokens"),
        (":streamGenerateContent", "generationConfig.maxOutputTokens"),
        ("/api/chat", "options.num_predict"),
        ("/api/generate", "options.num_predict"),
    ];

    /// <summary>The field, such as <c>max_tokens</c> or, within an object, <c>generationConfig.maxOutputTokens</c>; null where answers have no such limit.</summary>
    /// <param name="provider">Whose API it is.</param>
    /// <param name="path">As the upstream understands it.</param>
    public static string? FieldOf(Provider provider, string path)
    {
        path = path.TrimEnd('/');
        if (path.EndsWith("/chat/completions", StringComparison.OrdinalIgnoreCase))
        {
            return provider.Preset.ChatLimit;
        }

        foreach (var (end, field) in Fields)
        {
            if (path.EndsWith(end, StringComparison.OrdinalIgnoreCase))
            {
                return field;
            }
        }

        return null;
    }
}
