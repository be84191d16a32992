namespace QuotaFunctions.Core.Proxying;

/// <summary>What is known of a vendor's API: what a provider's settings are where they do not say otherwise.</summary>
/// <param name="Name">What it is called in the setting <c>Preset</c>.</param>
public sealed record ProviderPreset(string Name)
{
    /// <summary>What holds for a provider without a preset.</summary>
    public static ProviderPreset None { get; } = new("");

    /// <summary>The vendor's address; null where each customer has another.</summary>
    public string? BaseUrl { get; init; }

    /// <summary>What an address looks like, for an error.</summary>
    public string ExampleUrl { get; init; } = "https://api.openai.com/v1";

    /// <summary>Where the credential goes.</summary>
    public ProviderAuth Auth { get; init; } = ProviderAuth.Bearer;

    /// <summary>Where the credential goes on a path below <see cref="OpenAIPath"/>; null for the same place.</summary>
    public ProviderAuth? OpenAIAuth { get; init; }

    /// <summary>Whether the API answers nobody without a credential.</summary>
    public bool NeedsCredential { get; init; } = true;

    /// <summary>Headers that every request needs; the client's own go before them.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Where on its host the vendor has the API of OpenAI: what <c>/v1</c> stands for.</summary>
    public string OpenAIPath { get; init; } = "v1";

    /// <summary>Where on its host the vendor has methods such as <c>models/{model}:generateContent</c>; null where it has none.</summary>
    public string? MethodPath { get; init; }

    /// <summary>What is asked for, below <see cref="OpenAIPath"/>, to find out whether the credential is good: it costs nothing and answers nobody without one.</summary>
    public string CheckPath { get; init; } = "models";

    /// <summary>Models that go by name to this vendor, as in the setting <c>Models</c>.</summary>
    public string? Models { get; init; }

    /// <summary>Paths from the host on that may be called, as in the setting <c>AllowedPaths</c>; empty for all.</summary>
    public IReadOnlyList<string> AllowedPaths { get; init; } = [];

    /// <summary>Whether a stream must be asked, by <c>stream_options.include_usage</c>, to report what it used.</summary>
    public bool RequestStreamUsage { get; init; } = true;

    /// <summary>What the limit of an answer of chat completions is called.</summary>
    public string ChatLimit { get; init; } = "max_tokens";
}
