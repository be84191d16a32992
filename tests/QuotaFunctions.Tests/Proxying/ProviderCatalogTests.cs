namespace QuotaFunctions.Tests.Proxying;

public sealed class ProviderCatalogTests
{
    private static readonly (string, string?)[] Three =
    [
        ("DefaultProvider", "openai"),
        ("Providers__claude__BaseUrl", "https://api.anthropic.com"), ("Providers__claude__AuthScheme", "none"), ("Providers__claude__Models", "claude-*"),
        ("Providers__openai__BaseUrl", "https://api.example.com/v1"), ("Providers__openai__AuthScheme", "none"), ("Providers__openai__Models", "gpt-*, o1"),
        ("Providers__other__BaseUrl", "https://api.example.com/v1/other"), ("Providers__other__AuthScheme", "none"),
    ];

    [Theory]
    [InlineData("claude-sonnet", "claude")]
    [InlineData("Claude-Sonnet", "claude")]
    [InlineData("gpt-4o", "openai")]
    [InlineData("o1", "openai")]
    [InlineData("o1-mini", "openai")]
    [InlineData("mistral", "openai")]
    [InlineData(null, "openai")]
    public void A_model_leads_to_its_provider_else_to_the_default_one(string? model, string expected) =>
        Assert.Equal(expected, ProxySettings.Catalog(Three).ForModel(model)?.Name);

    [Theory]
    [InlineData("gpt-oss-120b", "zz")]
    [InlineData("gpt-4o", "openai")]
    [InlineData("claude-opus-4-1", "anthropic")]
    public void What_an_operator_has_named_goes_before_what_presets_know(string model, string expected) =>
        Assert.Equal(expected, ProxySettings.Catalog(
            ("Providers__openai__Preset", "openai"), ("Providers__openai__ApiKey", "secret"), ("Providers__anthropic__Preset", "anthropic"),
            ("Providers__anthropic__ApiKey", "secret"), ("Providers__zz__Preset", "vllm"), ("Providers__zz__Models", "gpt-oss-*")).ForModel(model)?.Name);

    [Fact]
    public void Without_a_default_a_strange_model_leads_nowhere() =>
        Assert.Null(ProxySettings.Catalog([.. Three.Skip(1)]).ForModel("mistral"));

    [Theory]
    [InlineData("OpenAI", "openai")]
    [InlineData("openai", "openai")]
    [InlineData("nobody", null)]
    public void A_name_is_found_in_any_letter_case(string name, string? expected) =>
        Assert.Equal(expected, ProxySettings.Catalog(Three).Find(name)?.Name);

    [Theory]
    [InlineData("https://api.example.com/v1", "openai")]
    [InlineData("https://api.example.com/v1/chat?x=y", "openai")]
    [InlineData("https://API.example.com:443/v1/chat", "openai")]
    [InlineData("https://api.example.com/v1/other/x", "other")]
    [InlineData("https://api.anthropic.com", "claude")]
    [InlineData("https://api.anthropic.com/anything", "claude")]
    [InlineData("http://api.example.com/v1/chat", null)]
    [InlineData("https://api.example.com:444/v1/chat", null)]
    [InlineData("https://api.example.com/v10/chat", null)]
    [InlineData("https://api.example.com/V1/chat", null)]
    [InlineData("https://api.example.com/", null)]
    [InlineData("https://api.example.com/v1/../admin", null)]
    [InlineData("https://api.example.com.evil/v1/chat", null)]
    [InlineData("https://api.example.com./v1/chat", null)]
    [InlineData("https://evil/https://api.example.com/v1", null)]
    [InlineData("https://evil#api.example.com/v1", null)]
    [InlineData("https://api.example.com@evil/v1", null)]
    public void An_endpoint_must_lie_under_a_base_url(string endpoint, string? expected) =>
        Assert.Equal(expected, ProxySettings.Catalog(Three).ForEndpoint(new Uri(endpoint))?.Name);

    [Theory]
    [InlineData("https://api.openai.com", "https://api.openai.com/v1/chat/completions?a=b")]
    [InlineData("https://api.openai.com/", "https://api.openai.com/v1/chat/completions?a=b")]
    [InlineData("https://api.openai.com/v1", "https://api.openai.com/v1/chat/completions?a=b")]
    [InlineData("https://host.example/v1beta/openai/", "https://host.example/v1beta/openai/chat/completions?a=b")]
    public void As_with_openais_sdks_a_base_urls_path_stands_for_v1(string baseUrl, string expected) =>
        Assert.Equal(expected, ProxySettings.Provider(baseUrl).AtOpenAI("chat/completions", "?a=b").OriginalString);

    [Theory]
    [InlineData("files/a%2Fb%20c", "/base/files/a%2Fb%20c")]
    [InlineData("%41%c3%a4~", "/base/%41%c3%a4~")]
    [InlineData("", "/base/")]
    public void A_path_goes_on_to_the_letter(string path, string expected) =>
        Assert.Equal(expected, ProxySettings.Provider("http://host.example/base/").At(path, "").PathAndQuery);

    [Theory]
    [InlineData("/v1/chat/completions", true)]
    [InlineData("/v1/models", true)]
    [InlineData("/v1/models/x", false)]
    [InlineData("/v1/Chat/completions", false)]
    [InlineData("/v1/files", false)]
    public void Only_allowed_paths_may_be_called(string path, bool allowed) =>
        Assert.Equal(allowed, ProxySettings.Provider("http://host.example", ("AllowedPaths", "/v1/chat/*, /v1/models")).Allows(path));

    [Theory]
    [InlineData("/v1/chat", "gpt-4o-mini", 3)]
    [InlineData("/v1/chat", "gpt-4o", 10)]
    [InlineData("/v1/chat", "GPT-4O", 10)]
    [InlineData("/v1/images/generations", null, 25)]
    [InlineData("/v1/IMAGES/generations", null, 25)]
    [InlineData("/v1/images/generations", "gpt-4o", 10)]
    [InlineData("/v1/chat", "other", 2)]
    [InlineData("/v1/chat", null, 2)]
    public void The_first_rule_that_fits_says_the_cost(string path, string? model, long cost) =>
        Assert.Equal(cost, ProxySettings.Provider("http://host.example", ("Costs", "gpt-4o-mini=3, gpt-4o*=10, /v1/images/*=25, *=2")).CostOf(path, model, HttpMethod.Post));

    [Theory]
    [InlineData("GET", "/v1/models", null, 0)]
    [InlineData("GET", "/v1beta/models/", null, 0)]
    [InlineData("HEAD", "/v1/models", null, 0)]
    [InlineData("POST", "/v1/models", null, 1)]
    [InlineData("GET", "/v1/models/x", null, 1)]
    [InlineData("POST", "/v1/messages/count_tokens", null, 0)]
    [InlineData("POST", "/v1beta/models/gemini-pro:countTokens", null, 0)]
    [InlineData("POST", "/v1/responses/input_tokens", null, 0)]
    [InlineData("POST", "/v1beta/models/gemini-pro:generateContent", null, 1)]
    [InlineData("GET", "/v1/models", "*=2", 2)]
    [InlineData("GET", "/v1/models", "/v1/models=3", 3)]
    public void Lists_of_models_and_counts_of_tokens_cost_what_Costs_say_else_nothing(string method, string path, string? costs, long cost) =>
        Assert.Equal(cost, ProxySettings.Provider("http://host.example", ("Costs", costs)).CostOf(path, model: null, new HttpMethod(method)));
}
