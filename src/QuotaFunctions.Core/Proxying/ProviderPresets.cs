namespace QuotaFunctions.Core.Proxying;

/// <summary>The vendors whose API is known: name one of them and its credential, and it works. Described in docs/proxying.md.</summary>
public static class ProviderPresets
{
    // What OpenAI calls it since its models reason; some of them refuse max_tokens
    private const string MaxCompletionTokens = "max_completion_tokens";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ProviderPreset> All { get; } =
    [
        new("openai")
        {
            BaseUrl = "https://api.openai.com",
            Models = "gpt-*, chatgpt-*, o1*, o3*, o4*, codex-*, computer-use-*, ft:gpt-*, text-embedding-3-*, text-embedding-ada-*, dall-e-*, sora-*, tts-*, whisper-1, omni-moderation-*",
            ChatLimit = MaxCompletionTokens,
        },

        // Its models have the names that the customer gave to the deployments
        new("azure-openai")
        {
            ExampleUrl = "https://NAME.openai.azure.com",
            Auth = ProviderAuth.Header("api-key"),
            OpenAIPath = "openai/v1",
            ChatLimit = MaxCompletionTokens,
        },
        new("anthropic")
        {
            BaseUrl = "https://api.anthropic.com",
            Auth = ProviderAuth.Header("x-api-key"),
            Headers = new Dictionary<string, string> { ["anthropic-version"] = "2023-06-01" },
            Models = "claude-*",
        },

        // Its own API refuses Bearer; the one like OpenAI's is documented with it
        new("gemini")
        {
            BaseUrl = "https://generativelanguage.googleapis.com",
            Auth = ProviderAuth.Header("x-goog-api-key"),
            OpenAIAuth = ProviderAuth.Bearer,
            OpenAIPath = "v1beta/openai",
            MethodPath = "v1",
            Models = "gemini-*, gemma-*, imagen-*, veo-*, text-embedding-004",
        },
        new("deepseek")
        {
            BaseUrl = "https://api.deepseek.com",
            Models = "deepseek-*",
        },

        // Singapore; other regions by BaseUrl
        new("qwen")
        {
            BaseUrl = "https://dashscope-intl.aliyuncs.com",
            OpenAIPath = "compatible-mode/v1",
            Models = "qwen*, qwq-*, qvq-*, text-embedding-v*",
        },
        new("moonshot")
        {
            BaseUrl = "https://api.moonshot.ai",
            Models = "kimi-*, moonshot-*",
        },
        new("groq")
        {
            BaseUrl = "https://api.groq.com",
            OpenAIPath = "openai/v1",
            Models = "groq/*, llama-3*, openai/gpt-oss-*, meta-llama/llama-4-*, meta-llama/llama-guard-*, meta-llama/llama-prompt-guard-*, moonshotai/kimi-k2-*, qwen/qwen3-*, whisper-large-v3*",
            ChatLimit = MaxCompletionTokens,
        },

        // Refuses stream_options with 422, and reports without being asked
        new("mistral")
        {
            BaseUrl = "https://api.mistral.ai",
            Models = "mistral-*, ministral-*, magistral-*, devstral-*, codestral-*, pixtral-*, voxtral-*, open-mistral-*, open-mixtral-*, labs-*",
            RequestStreamUsage = false,
        },

        // Reports without being asked. Anybody gets its list of models, so the credential is held against what it says of itself
        new("openrouter")
        {
            BaseUrl = "https://openrouter.ai",
            OpenAIPath = "api/v1",
            CheckPath = "key",
            Models = "openrouter/*, openai/*, anthropic/*, google/*, meta-llama/*, mistralai/*, deepseek/*, qwen/*, moonshotai/*, x-ai/*, z-ai/*, minimax/*, cohere/*, nvidia/*, amazon/*, microsoft/*, perplexity/*, nousresearch/*",
            RequestStreamUsage = false,
        },

        // What pulls, makes and deletes models stays closed: whoever reaches Ollama may do that
        new("ollama")
        {
            BaseUrl = "http://127.0.0.1:11434",
            NeedsCredential = false,
            AllowedPaths = ["/v1/*", "/api/chat", "/api/generate", "/api/embed", "/api/embeddings", "/api/tags", "/api/show", "/api/ps", "/api/version"],
        },

        // What loads adapters, sleeps and resets stays closed: its own key does not guard that
        new("vllm")
        {
            BaseUrl = "http://127.0.0.1:8000",
            NeedsCredential = false,
            AllowedPaths = ["/v1/chat/*", "/v1/completions", "/v1/responses*", "/v1/messages*", "/v1/embeddings", "/v1/models*", "/v1/audio/*", "/v1/rerank", "/v1/score", "/tokenize", "/detokenize", "/health", "/version"],
        },
    ];

    /// <summary>The preset of a name, in any letter case; null where there is none.</summary>
    public static ProviderPreset? Find(string name) => All.FirstOrDefault(preset => preset.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The preset whose vendor's address this is; null where it is none's.</summary>
    internal static ProviderPreset? At(Uri address) =>
        All.FirstOrDefault(preset => preset.BaseUrl is { } url && new Uri(url).Authority.Equals(address.Authority, StringComparison.OrdinalIgnoreCase));
}
