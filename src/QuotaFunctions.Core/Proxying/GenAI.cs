namespace QuotaFunctions.Core.Proxying;

/// <summary>The words of OpenTelemetry's conventions for generative AI.</summary>
internal static class GenAI
{
    // What a path ends in, and the operation that it stands for
    private static readonly (string End, string Operation)[] Operations =
    [
        ("/chat/completions", "chat"),
        ("/messages", "chat"),
        ("/responses", "chat"),
        ("/completions", "text_completion"),
        ("/embeddings", "embeddings"),
        (":generateContent", "generate_content"),
        (":streamGenerateContent", "generate_content"),
        (":embedContent", "embeddings"),
        (":batchEmbedContents", "embeddings"),
    ];

    /// <summary>The operation that a path stands for; null where no model is asked.</summary>
    public static string? OperationOf(string path)
    {
        foreach (var (end, operation) in Operations)
        {
            if (path.EndsWith(end, StringComparison.OrdinalIgnoreCase))
            {
                return operation;
            }
        }

        return null;
    }

    /// <summary>The name of a provider: the conventions' own where they have one for its preset, or else for its name.</summary>
    public static string ProviderOf(Provider provider) => provider.Preset == ProviderPreset.None ? ProviderOf(provider.Name) : ProviderOf(provider.Preset.Name);

    private static string ProviderOf(string name) => name switch
    {
        "claude" => "anthropic",
        "gemini" => "gcp.gemini",
        "azure" or "azure-openai" => "azure.ai.openai",
        "bedrock" => "aws.bedrock",
        "mistral" => "mistral_ai",
        _ => name,
    };
}
