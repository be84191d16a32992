using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Pricing;

namespace QuotaFunctions.Core.Proxying;

/// <summary>What a request costs when it names a model, or goes to a path, that fits.</summary>
/// <param name="Pattern">A path's when it begins with <c>/</c>, else a model's; <c>*</c> fits every request.</param>
/// <param name="Cost">Units.</param>
public sealed record CostRule(string Pattern, long Cost);

/// <summary>An upstream API with its own credential.</summary>
public sealed class Provider
{
    /// <summary>The default of <see cref="Timeout"/>.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(100);

    /// <summary>The default of <see cref="StreamTimeout"/>.</summary>
    public static readonly TimeSpan DefaultStreamTimeout = TimeSpan.FromSeconds(600);

    /// <summary>The default of <see cref="IdleTimeout"/>. A model that reasons may be silent for minutes.</summary>
    public static readonly TimeSpan DefaultIdleTimeout = TimeSpan.FromSeconds(300);

    /// <summary>The default of <see cref="ConnectTimeout"/>.</summary>
    public static readonly TimeSpan DefaultConnectTimeout = TimeSpan.FromSeconds(15);

    /// <summary>The methods that are forwarded: the default of <see cref="AllowedMethods"/>.</summary>
    internal static readonly HttpMethod[] ForwardedMethods =
        [HttpMethod.Get, HttpMethod.Head, HttpMethod.Post, HttpMethod.Put, HttpMethod.Patch, HttpMethod.Delete, HttpMethod.Options];

    private ProviderPreset? _vendor;

    /// <summary>What it is called in settings, routes and the log: lower-case letters, digits, <c>-</c> and <c>_</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Where it is: scheme, host, port and perhaps a path, without a slash at the end.</summary>
    [Setting(
        "Providers__<name>__BaseUrl",
        "the preset's, else required",
        "the provider's address, such as `https://api.openai.com/v1`. All of a provider's settings: [proxying.md](proxying.md#settings)")]
    public required Uri BaseUrl { get; init; }

    /// <summary>What is known of its vendor.</summary>
    [Setting(
        "Providers__<name>__Preset",
        "none",
        "a vendor whose API is known: `openai`, `azure-openai`, `anthropic`, `gemini`, `deepseek`, `qwen`, `moonshot`, `groq`, `mistral`, "
        + "`openrouter`, `ollama` or `vllm`. It says what a provider's other settings are where they are not set: [proxying.md](proxying.md#presets)")]
    public ProviderPreset Preset { get; init; } = ProviderPreset.None;

    /// <summary>Where its credential goes.</summary>
    [Setting("Providers__<name>__AuthScheme", "the preset's, else `bearer`", "how its credential is sent: `bearer`, `header`, `query` or `none`")]
    [Setting("Providers__<name>__AuthHeader", "the preset's, else `Authorization`", "in which header")]
    [Setting("Providers__<name>__AuthQuery", "none", "in which parameter of the query, such as `key`")]
    public ProviderAuth Auth { get; init; } = ProviderAuth.Bearer;

    /// <summary>Whether <see cref="Auth"/> is set for this provider, and holds for all of its paths; else the preset says it.</summary>
    public bool HasOwnAuth { get; init; }

    /// <summary>Models that it serves: a request that names one goes to it. Empty for none by name.</summary>
    [Setting("Providers__<name>__Models", "the preset's, else none by name", "the models that it serves")]
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Whether <see cref="Models"/> are set for this provider; else they are the preset's, and those of other providers go before them.</summary>
    public bool HasOwnModels { get; init; }

    /// <summary>Paths that may be called, as the upstream sees them; empty for all under <see cref="BaseUrl"/>.</summary>
    [Setting("Providers__<name>__AllowedPaths", "the preset's, else all", "the paths of it that are open")]
    public IReadOnlyList<string> AllowedPaths { get; init; } = [];

    /// <summary>Methods that may be used.</summary>
    [Setting("Providers__<name>__AllowedMethods", "`GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS`", "the methods of it that are open")]
    public IReadOnlyList<HttpMethod> AllowedMethods { get; init; } = ForwardedMethods;

    /// <summary>Until it is connected, TLS included.</summary>
    [Setting("Providers__<name>__ConnectTimeoutSeconds", "`15`", "until it is connected, 1 to 120")]
    public TimeSpan ConnectTimeout { get; init; } = DefaultConnectTimeout;

    /// <summary>From sending a request to its answer's headers, all attempts together.</summary>
    [Setting("Providers__<name>__TimeoutSeconds", "`100`", "until its headers, 1 to 900")]
    public TimeSpan Timeout { get; init; } = DefaultTimeout;

    /// <summary>From the headers to the end of the body.</summary>
    [Setting("Providers__<name>__StreamTimeoutSeconds", "`600`", "from its headers to the end of its answer, 1 to 2400")]
    public TimeSpan StreamTimeout { get; init; } = DefaultStreamTimeout;

    /// <summary>From the headers, or one piece of the body, to the next one.</summary>
    [Setting("Providers__<name>__IdleTimeoutSeconds", "`300`", "from its headers, or one piece of its answer, to the next piece, 1 to 2400")]
    public TimeSpan IdleTimeout { get; init; } = DefaultIdleTimeout;

    /// <summary>Whether a stream is asked, where nobody else asks, to report what it used; some APIs refuse the field.</summary>
    [Setting(
        "Providers__<name>__RequestStreamUsage",
        "the preset's, else `true`",
        "whether a stream is asked to report what it used; `false` for servers that refuse `stream_options`")]
    public bool RequestStreamUsage { get; init; } = true;

    /// <summary>When a request costs nothing.</summary>
    [Setting("Providers__<name>__RefundOn", "`401, 402, 403, 429, 5xx, unreachable, timeout`", "what is refunded")]
    public RefundPolicy RefundOn { get; init; } = RefundPolicy.Default;

    /// <summary>What requests cost: the first rule that fits; where none does, 1, but nothing for a list of models or a count of tokens.</summary>
    [Setting("Providers__<name>__Costs", "1 each", "what its routes and models cost")]
    public IReadOnlyList<CostRule> Costs { get; init; } = [];

    /// <summary>What its models cost, before the list of prices is asked: the first rule that fits.</summary>
    [Setting("Providers__<name>__Prices", "those of `prices.json`", "what its models cost in US dollars; see [proxying.md](proxying.md#prices)")]
    public IReadOnlyList<PriceRule> Prices { get; init; } = [];

    /// <summary>Whose API it is: the preset's, or that of the vendor whose address it has.</summary>
    internal ProviderPreset Vendor => _vendor ??= Preset == ProviderPreset.None ? ProviderPresets.At(BaseUrl) ?? Preset : Preset;

    /// <summary>Its credentials, used in turn: one at least, empty where it is sent none. Not public, so that they get into no log and no answer.</summary>
    [Setting("Providers__<name>__ApiKey", "required, unless `AuthScheme` is `none` or the preset needs none", "its credential", IsSecret = true)]
    [Setting(
        "Providers__<name>__Credentials__0",
        "none",
        "a further credential, then `__1` and so on, used in turn: [proxying.md](proxying.md#several-credentials)",
        IsSecret = true)]
    internal IReadOnlyList<string> ApiKeys { get; init; } = [""];

    /// <summary>Whether it is sent a credential, and so can refuse it.</summary>
    internal bool HasCredential => Auth.Scheme != AuthScheme.None || Headers.Count > 0;

    /// <summary>Headers that every request has, whatever the client sends. Not public: they may hold a credential as well.</summary>
    [Setting(
        "Providers__<name>__Headers",
        "none",
        "further headers of every request, with semicolons between them: `OpenAI-Organization=org-1; X-Title=Quotas`", IsSecret = true)]
    internal IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether what a request costs depends on its model.</summary>
    internal bool PricesModels => Costs.Any(static rule => rule.Pattern != "*" && !rule.Pattern.StartsWith('/'));

    private string BasePath => BaseUrl.AbsolutePath.TrimEnd('/');

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>The address of a path under <see cref="BaseUrl"/>, to the letter: nothing is decoded, encoded or tidied up.</summary>
    /// <param name="path">As the client sent it, without a slash at the beginning.</param>
    /// <param name="query">As the client sent it, with its question mark; or empty.</param>
    internal Uri At(string path, string query) =>
        ToTheLetter($"{BaseUrl.GetLeftPart(UriPartial.Authority)}{BasePath}/{path}{query}");

    /// <summary>
    /// The address of a path of OpenAI's API. As with its SDKs, a base URL that has a path stands for all up to and including
    /// <c>/v1</c> (<c>https://api.example.com/openai/v1</c>); one without stands for the host, and the preset says where on it the API is.
    /// </summary>
    internal Uri AtOpenAI(string path, string query)
    {
        if (BasePath.Length > 0)
        {
            return At(path, query);
        }

        var isMethod = path.LastIndexOf(':') is >= 0 and var colon && !path.AsSpan(colon).Contains('/');
        return At($"{(isMethod ? Preset.MethodPath ?? Preset.OpenAIPath : Preset.OpenAIPath)}/{path}", query);
    }

    /// <summary>An address of which nothing is decoded, encoded or tidied up.</summary>
    internal static Uri ToTheLetter(string address) => new(address, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });

    /// <summary>Puts on a request that is about to be sent what the provider wants of every one: its headers and a credential.</summary>
    internal void Authorize(HttpRequestMessage request, string apiKey)
    {
        foreach (var (name, value) in Headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        foreach (var (name, value) in Preset.Headers)
        {
            if (!request.Headers.Contains(name))
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }

        var isOther = !HasOwnAuth && Preset.OpenAIAuth is not null && request.RequestUri!.AbsolutePath.StartsWith($"/{Preset.OpenAIPath}/", StringComparison.Ordinal);
        (isOther ? Preset.OpenAIAuth! : Auth).Apply(request, apiKey);
    }

    /// <summary>True for a client's header in whose place the provider's own goes.</summary>
    internal bool Replaces(string header) => Auth.IsHeader(header) || Headers.ContainsKey(header);

    /// <summary>True for a text of the provider's that quotes the address it was called by, with the credential in it.</summary>
    internal bool IsRevealing(string text) => Auth.Scheme == AuthScheme.Query && QuotesCredential(text);

    /// <summary>True when an address lies under <see cref="BaseUrl"/>: the same scheme, host and port, and its path or one below.</summary>
    internal bool Holds(Uri address)
    {
        if (address.Scheme != BaseUrl.Scheme || address.Port != BaseUrl.Port
            || !address.IdnHost.Equals(BaseUrl.IdnHost, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var (path, basePath) = (address.AbsolutePath, BasePath);
        return path.StartsWith(basePath, StringComparison.Ordinal) && (path.Length == basePath.Length || path[basePath.Length] == '/');
    }

    /// <summary>True when a path may be called.</summary>
    /// <param name="path">The path as the upstream understands it.</param>
    internal bool Allows(string path)
    {
        foreach (var pattern in AllowedPaths)
        {
            if (FitsPath(pattern, path, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return AllowedPaths.Count == 0;
    }

    /// <summary>A method that is forwarded, by its name in any letter case; null where it is none.</summary>
    internal static HttpMethod? FindMethod(string name) =>
        Array.Find(ForwardedMethods, known => known.Method.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>True when a method may be used.</summary>
    internal bool Allows(HttpMethod method) => AllowedMethods.Contains(method);

    /// <summary>True when it serves a model by name.</summary>
    internal bool Serves(string model)
    {
        foreach (var pattern in Models)
        {
            if (Pattern.Matches(pattern, model, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What a request costs.</summary>
    /// <param name="path">The path as the upstream understands it.</param>
    /// <param name="model">The model that it names, or null.</param>
    /// <param name="method">Its method.</param>
    internal long CostOf(string path, string? model, HttpMethod method)
    {
        // In any letter case: an upstream that is not strict about it must not be cheaper to call in another
        foreach (var (pattern, cost) in Costs)
        {
            var fits = pattern.StartsWith('/')
                ? FitsPath(pattern, path, StringComparison.OrdinalIgnoreCase)
                : pattern == "*" || (model is not null && Pattern.Matches(pattern, model, StringComparison.OrdinalIgnoreCase));
            if (fits)
            {
                return cost;
            }
        }

        return FreeRequests.IsFreeByDefault(method, path) ? ChargeRequest.MinCost : ChargeRequest.DefaultCost;
    }

    /// <summary>What the calls of a model cost; null where nobody says.</summary>
    /// <param name="model">The model that a request names, or null.</param>
    /// <param name="day">When.</param>
    internal ModelPrice? PriceOf(string? model, DateOnly day)
    {
        foreach (var rule in Prices)
        {
            if (rule.Fits(model))
            {
                return rule.Price;
            }
        }

        // The list holds for the vendor's own API: a model of the same name may cost something else elsewhere
        return model is null ? null : PriceList.Current.Find(Vendor.Name, model, day);
    }

    private bool QuotesCredential(string text) =>
        ApiKeys.Any(apiKey => text.Contains(apiKey, StringComparison.Ordinal) || text.Contains(Uri.EscapeDataString(apiKey), StringComparison.OrdinalIgnoreCase));

    // Most upstreams take a path with a slash at its end for the same
    private static bool FitsPath(string pattern, string path, StringComparison comparison) =>
        Pattern.Matches(pattern, path, comparison) || (path.EndsWith('/') && Pattern.Matches(pattern, path.TrimEnd('/'), comparison));
}
