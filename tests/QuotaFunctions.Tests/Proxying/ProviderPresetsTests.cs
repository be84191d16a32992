using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Proxying;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Tests.Proxying;

/// <summary>What a request looks like that goes to a provider of which only the preset and the credential are set.</summary>
public sealed class ProviderPresetsTests
{
    private readonly FakeLogger<UpstreamForwarder> _log = new();
    private HttpRequestMessage? _sent;

    [Theory]
    [InlineData("openai", "gpt-4o", "https://api.openai.com/v1/chat/completions", "Authorization: Bearer secret")]
    [InlineData("openai", "o3-mini", "https://api.openai.com/v1/chat/completions", "Authorization: Bearer secret")]
    [InlineData("azure-openai", "my-deployment", "https://name.openai.azure.com/openai/v1/chat/completions", "api-key: secret")]
    [InlineData("anthropic", "claude-opus-4-1", "https://api.anthropic.com/v1/chat/completions", "x-api-key: secret", "anthropic-version: 2023-06-01")]
    [InlineData("gemini", "gemini-2.5-pro", "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions", "Authorization: Bearer secret")]
    [InlineData("deepseek", "deepseek-chat", "https://api.deepseek.com/v1/chat/completions", "Authorization: Bearer secret")]
    [InlineData("qwen", "qwen3-max", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1/chat/completions", "Authorization: Bearer secret")]
    [InlineData("moonshot", "kimi-k2.6", "https://api.moonshot.ai/v1/chat/completions", "Authorization: Bearer secret")]
    [InlineData("groq", "llama-3.3-70b-versatile", "https://api.groq.com/openai/v1/chat/completions", "Authorization: Bearer secret")]
    [InlineData("mistral", "mistral-large-latest", "https://api.mistral.ai/v1/chat/completions", "Authorization: Bearer secret")]
    [InlineData("openrouter", "anthropic/claude-opus-4.1", "https://openrouter.ai/api/v1/chat/completions", "Authorization: Bearer secret")]
    [InlineData("ollama", "llama3.2:3b", "http://127.0.0.1:11434/v1/chat/completions")]
    [InlineData("vllm", "meta-llama/Llama-3.1-8B", "http://127.0.0.1:8000/v1/chat/completions")]
    public async Task V1_leads_to_the_vendors_api_like_OpenAIs(string preset, string model, string address, params string[] headers)
    {
        await SendAsync(Catalog(preset), null, "/v1/chat/completions", $$"""{"model":"{{model}}"}""");

        AssertSent(address, headers);
    }

    [Theory]
    [InlineData("openai", "v1/responses", "https://api.openai.com/v1/responses", "Authorization: Bearer secret")]
    [InlineData("azure-openai", "openai/deployments/d/chat/completions?api-version=2024-10-21", "https://name.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21", "api-key: secret")]
    [InlineData("anthropic", "v1/messages", "https://api.anthropic.com/v1/messages", "x-api-key: secret", "anthropic-version: 2023-06-01")]
    [InlineData("gemini", "v1beta/models/gemini-2.5-pro:generateContent", "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:generateContent", "x-goog-api-key: secret")]
    [InlineData("gemini", "v1beta/openai/embeddings", "https://generativelanguage.googleapis.com/v1beta/openai/embeddings", "Authorization: Bearer secret")]
    [InlineData("deepseek", "anthropic/v1/messages", "https://api.deepseek.com/anthropic/v1/messages", "Authorization: Bearer secret")]
    [InlineData("qwen", "api/v1/services/aigc/text-generation/generation", "https://dashscope-intl.aliyuncs.com/api/v1/services/aigc/text-generation/generation", "Authorization: Bearer secret")]
    [InlineData("moonshot", "v1/tokenizers/estimate-token-count", "https://api.moonshot.ai/v1/tokenizers/estimate-token-count", "Authorization: Bearer secret")]
    [InlineData("groq", "openai/v1/audio/transcriptions", "https://api.groq.com/openai/v1/audio/transcriptions", "Authorization: Bearer secret")]
    [InlineData("mistral", "v1/fim/completions", "https://api.mistral.ai/v1/fim/completions", "Authorization: Bearer secret")]
    [InlineData("openrouter", "api/v1/credits", "https://openrouter.ai/api/v1/credits", "Authorization: Bearer secret")]
    [InlineData("ollama", "api/chat", "http://127.0.0.1:11434/api/chat")]
    [InlineData("vllm", "tokenize", "http://127.0.0.1:8000/tokenize")]
    public async Task A_providers_own_paths_lie_on_the_vendors_host(string preset, string path, string address, params string[] headers)
    {
        await SendAsync(Catalog(preset), preset, $"/providers/{preset}/{path}", "{}");

        AssertSent(address, headers);
    }

    [Fact]
    public async Task A_method_of_Google_under_v1_leads_to_its_own_api()
    {
        await SendAsync(Catalog("gemini"), null, "/v1/models/gemini-2.5-pro:generateContent", "{}");

        AssertSent("https://generativelanguage.googleapis.com/v1/models/gemini-2.5-pro:generateContent", "x-goog-api-key: secret");
    }

    [Fact]
    public void Every_preset_is_tried()
    {
        var tried = typeof(ProviderPresetsTests).GetMethod(nameof(V1_leads_to_the_vendors_api_like_OpenAIs))!
            .GetCustomAttributesData().Where(attribute => attribute.AttributeType == typeof(InlineDataAttribute))
            .Select(attribute => ((IReadOnlyList<System.Reflection.CustomAttributeTypedArgument>)attribute.ConstructorArguments[0].Value!)[0].Value as string);

        Assert.Equal(ProviderPresets.All.Select(preset => preset.Name), tried.Distinct());
    }

    [Theory]
    [InlineData("settings.md")]
    [InlineData("proxying.md")]
    public void Every_preset_is_documented(string page)
    {
        var text = File.ReadAllText(Repository.PathOf("docs", page));

        Assert.All(ProviderPresets.All, preset => Assert.Contains($"`{preset.Name}`", text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("mine", "azure-openai", "azure.ai.openai")]
    [InlineData("mine", "gemini", "gcp.gemini")]
    [InlineData("mine", "deepseek", "deepseek")]
    [InlineData("claude", null, "anthropic")]
    [InlineData("mine", null, "mine")]
    public void Telemetry_knows_the_vendor(string name, string? preset, string vendor) => Assert.Equal(
        vendor,
        GenAI.ProviderOf(new Provider { Name = name, BaseUrl = new Uri("https://api.example.com"), Preset = preset is null ? ProviderPreset.None : ProviderPresets.Find(preset)! }));

    [Theory]
    [InlineData("openai", "https://api.openai.com/v1/models")]
    [InlineData("azure-openai", "https://name.openai.azure.com/openai/v1/models")]
    [InlineData("anthropic", "https://api.anthropic.com/v1/models")]
    [InlineData("gemini", "https://generativelanguage.googleapis.com/v1beta/openai/models")]
    [InlineData("openrouter", "https://openrouter.ai/api/v1/key")]
    public void A_credential_is_held_against_what_needs_one(string preset, string address)
    {
        var provider = Catalog(preset).Providers.Single();

        Assert.Equal(address, provider.AtOpenAI(provider.Preset.CheckPath, "").OriginalString);
    }

    [Theory]
    [InlineData("qwen", "https://dashscope.aliyuncs.com", "https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions")]
    [InlineData("qwen", "https://dashscope.aliyuncs.com/compatible-mode/v1", "https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions")]
    [InlineData("gemini", "https://generativelanguage.googleapis.com/v1beta/openai/", "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions")]
    [InlineData("openai", "http://127.0.0.1:9/gateway", "http://127.0.0.1:9/gateway/chat/completions")]
    public async Task A_base_url_of_ones_own_goes_before_the_presets(string preset, string baseUrl, string address)
    {
        await SendAsync(Catalog(preset, ("BaseUrl", baseUrl)), null, "/v1/chat/completions", "{}");

        AssertSent(address, "Authorization: Bearer secret");
    }

    [Fact]
    public void Every_other_setting_goes_before_the_presets_too()
    {
        var provider = Catalog(
            "gemini", ("AuthScheme", "query"), ("AuthQuery", "key"), ("Models", "mine-*"), ("RequestStreamUsage", "false"), ("AllowedPaths", "/v1beta/*")).Providers.Single();
        var bearer = Catalog("anthropic", ("AuthScheme", "bearer")).Providers.Single();
        var asked = Catalog("mistral", ("RequestStreamUsage", "true")).Providers.Single();

        Assert.Equal(new ProviderAuth(AuthScheme.Query, "key"), provider.Auth);
        Assert.Equal(["mine-*"], provider.Models);
        Assert.Equal(["/v1beta/*"], provider.AllowedPaths);
        Assert.False(provider.RequestStreamUsage);
        Assert.Equal(ProviderAuth.Bearer, bearer.Auth);
        Assert.True(asked.RequestStreamUsage);
    }

    [Fact]
    public void Header_alone_keeps_the_presets_header() =>
        Assert.Equal(ProviderAuth.Header("x-api-key"), Catalog("anthropic", ("AuthScheme", "header")).Providers.Single().Auth);

    [Theory]
    [InlineData("ollama")]
    [InlineData("vllm")]
    public async Task Where_a_credential_is_set_though_none_is_needed_it_is_sent(string preset)
    {
        await SendAsync(Catalog(preset, ("ApiKey", "secret")), null, "/v1/chat/completions", "{}");

        Assert.Equal(["Bearer secret"], _sent!.Headers.GetValues("Authorization"));
    }

    [Theory]
    [InlineData("ollama", null, "/v1/chat/completions", true)]
    [InlineData("ollama", null, "/api/generate", true)]
    [InlineData("ollama", null, "/api/delete", false)]
    [InlineData("ollama", null, "/api/pull", false)]
    [InlineData("ollama", "http://10.0.0.7:11434/v1", "/v1/chat/completions", true)]
    [InlineData("ollama", "http://10.0.0.7/gpu", "/gpu/api/chat", true)]
    [InlineData("ollama", "http://10.0.0.7/gpu/v1", "/gpu/v1/models", true)]
    [InlineData("ollama", "http://10.0.0.7/gpu", "/gpu/api/delete", false)]
    [InlineData("vllm", null, "/v1/models", true)]
    [InlineData("vllm", null, "/v1/load_lora_adapter", false)]
    [InlineData("vllm", null, "/sleep", false)]
    [InlineData("openai", null, "/v1/anything", true)]
    public void What_would_change_a_server_of_ones_own_stays_closed(string preset, string? baseUrl, string path, bool isAllowed) =>
        Assert.Equal(isAllowed, Catalog(preset, ("BaseUrl", baseUrl)).Providers.Single().Allows(path));

    [Theory]
    [InlineData("Providers__p__Preset must be one of openai, azure-openai,", "Preset", "nobody")]
    [InlineData("Providers__p__BaseUrl is missing: set it to the provider's address, such as https://NAME.openai.azure.com.", "Preset", "azure-openai", "ApiKey", "secret")]
    [InlineData("Providers__p__ApiKey is missing", "Preset", "openai")]
    [InlineData("Providers__p__ApiKey is missing", "Preset", "ollama", "AuthScheme", "bearer")]
    public void What_a_preset_does_not_know_must_be_set(string says, params string[] settings) => Assert.StartsWith(
        says,
        Assert.Single(ProxySettings.Read([.. settings.Chunk(2).Select(pair => ($"Providers__p__{pair[0]}", (string?)pair[1]))]).Errors),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("", "?key=a%2Fb%2B%20c")]
    [InlineData("?a=%41&b", "?a=%41&b&key=a%2Fb%2B%20c")]
    [InlineData("?key=theirs&KEY=theirs&k%65y=theirs&a=1&key", "?a=1&key=a%2Fb%2B%20c")]
    public async Task A_credential_in_the_query_takes_the_place_of_the_clients(string query, string sent)
    {
        var catalog = Catalog("gemini", ("AuthScheme", "query"), ("AuthQuery", "key"), ("ApiKey", "a/b+ c"));
        var upstream = await SendAsync(catalog, "gemini", $"/providers/gemini/v1beta/models/a%2Fb:generateContent{query}", "{}");

        Assert.Equal("https://generativelanguage.googleapis.com/v1beta/models/a%2Fb:generateContent" + sent, _sent!.RequestUri!.OriginalString);
        Assert.Equal("/v1beta/models/a%2Fb:generateContent" + sent, _sent.RequestUri.PathAndQuery);
        Assert.False(_sent.Headers.Contains("Authorization"));
        Assert.DoesNotContain("key=a", upstream.Target.OriginalString, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nor_is_it_told_when_the_call_fails()
    {
        var catalog = Catalog("gemini", ("AuthScheme", "query"), ("AuthQuery", "key"), ("ApiKey", "a-very-secret-credential"));
        await SendAsync(catalog, "gemini", "/providers/gemini/v1/x", "{}", _ => throw new HttpRequestException("Refused"));

        var told = Assert.Single(_log.Collector.GetSnapshot(), record => record.Level == LogLevel.Warning);
        Assert.DoesNotContain("a-very-secret-credential", told.Message + told.Exception, StringComparison.Ordinal);
    }

    private static ProviderCatalog Catalog(string preset, params (string Name, string? Value)[] settings)
    {
        var all = new Dictionary<string, string?> { ["Preset"] = preset };
        if (preset is not ("ollama" or "vllm"))
        {
            all["ApiKey"] = "secret";
        }

        if (preset == "azure-openai")
        {
            all["BaseUrl"] = "https://name.openai.azure.com";
        }

        foreach (var (name, value) in settings)
        {
            all[name] = value;
        }

        return ProxySettings.Catalog([.. all.Select(setting => ($"Providers__{preset}__{setting.Key}", setting.Value))]);
    }

    private void AssertSent(string address, params string[] headers)
    {
        Assert.Equal(address, _sent!.RequestUri!.OriginalString);
        Assert.Equal(
            [.. headers.Order()],
            _sent.Headers.Where(header => !header.Key.Equals("X-Request-Id", StringComparison.OrdinalIgnoreCase)).Select(header => $"{header.Key}: {string.Join(", ", header.Value)}").Order());
    }

    /// <summary>Reads a request as the service does, and sends it to what stands for the vendor.</summary>
    private async Task<UpstreamRequest> SendAsync(
        ProviderCatalog catalog, string? provider, string target, string body, Func<HttpRequestMessage, HttpResponseMessage>? upstream = null)
    {
        var context = new DefaultHttpContext { TraceIdentifier = "the-request" };
        context.Request.Method = "POST";
        var question = target.IndexOf('?', StringComparison.Ordinal);
        context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget = target;
        context.Request.Path = question < 0 ? target : target[..question];
        context.Request.QueryString = new QueryString(question < 0 ? "" : target[question..]);
        context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(body));
        foreach (var header in new[] { "Authorization", "X-API-Key", "api-key", "x-goog-api-key" })
        {
            context.Request.Headers[header] = "the client's";
        }

        var (routes, secret) = (new RouteCatalog(Options.Create(new RouteOptions()), catalog, Random.Shared), KeySecret.New("trial"));
        var reader = new ProxyRequestReader(catalog, routes, new ServiceOptions(), TimeProvider.System);
        await using var request = provider is null
            ? await reader.ReadForModelAsync(context, secret, IPAddress.Loopback)
            : await reader.ReadForProviderAsync(context, provider, secret, IPAddress.Loopback);
        using var clients = new UpstreamClients(catalog, _ => new Stub(this, upstream), TimeProvider.System, NullLogger<UpstreamClient>.Instance);
        var forwarder = new UpstreamForwarder(clients, Options.Create(new KestrelServerOptions()), TimeProvider.System, _log);
        using var attendance = new Attendance(TimeSpan.Zero, TimeProvider.System, CancellationToken.None, CancellationToken.None);
        var sent = Assert.Single(request.Upstreams);
        var response = await forwarder.SendAsync(sent with { ApiKey = sent.Provider.ApiKeys[0] }, attendance);
        response.Answer?.Dispose();
        return sent;
    }

    private sealed class Stub(ProviderPresetsTests tests, Func<HttpRequestMessage, HttpResponseMessage>? answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            tests._sent = request;
            return Task.FromResult(answer?.Invoke(request) ?? new HttpResponseMessage());
        }
    }
}
