using System.Globalization;
using System.Text.Json;
using QuotaFunctions.Core.Proxying;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Tests.Proxying;

public sealed class ProxyOptionsTests
{
    [Fact]
    public void A_provider_has_defaults()
    {
        var provider = ProxySettings.Provider("https://api.example.com/v1");

        Assert.Equal("p", provider.Name);
        Assert.Same(ProviderPreset.None, provider.Preset);
        Assert.Equal(new ProviderAuth(AuthScheme.Bearer, "Authorization"), provider.Auth);
        Assert.Equal(["secret"], provider.ApiKeys);
        Assert.Empty(provider.Headers);
        Assert.Equal(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"], provider.AllowedMethods.Select(method => method.Method));
        Assert.Equal(TimeSpan.FromSeconds(15), provider.ConnectTimeout);
        Assert.Equal(TimeSpan.FromSeconds(100), provider.Timeout);
        Assert.Equal(TimeSpan.FromSeconds(300), provider.IdleTimeout);
        Assert.Equal(TimeSpan.FromSeconds(600), provider.StreamTimeout);
        Assert.True(provider.RequestStreamUsage);
        Assert.Same(RefundPolicy.Default, provider.RefundOn);
        Assert.Empty(provider.Models);
        Assert.Empty(provider.AllowedPaths);
        Assert.Equal(1, provider.CostOf("/v1/chat", "any", HttpMethod.Post));
        Assert.True(provider.Allows("/anything"));
    }

    [Fact]
    public void Every_setting_is_read()
    {
        var provider = ProxySettings.Provider(
            "https://api.example.com",
            ("AuthScheme", "Header"), ("AuthHeader", "x-api-key"), ("Models", "a, b-*"), ("AllowedPaths", "/x/*, /y"), ("TimeoutSeconds", "7"),
            ("StreamTimeoutSeconds", "8"), ("IdleTimeoutSeconds", "9"), ("ConnectTimeoutSeconds", "10"), ("AllowedMethods", "get, POST"),
            ("Headers", "OpenAI-Organization = org-1; X-List=a,b=c;"), ("RequestStreamUsage", "false"), ("RefundOn", "404, 5xx, timeout"), ("Costs", "b-*=10, /x/*=25, *=2"),
            ("Prices", "b-* input=1 output=2, * request=0.1"));

        Assert.Equal(ProviderAuth.Header("x-api-key"), provider.Auth);
        Assert.Equal([HttpMethod.Get, HttpMethod.Post], provider.AllowedMethods);
        Assert.Equal(new Dictionary<string, string> { ["OpenAI-Organization"] = "org-1", ["X-List"] = "a,b=c" }, provider.Headers);
        Assert.False(provider.RequestStreamUsage);
        Assert.Equal(["a", "b-*"], provider.Models);
        Assert.Equal(["/x/*", "/y"], provider.AllowedPaths);
        Assert.Equal(TimeSpan.FromSeconds(7), provider.Timeout);
        Assert.Equal(TimeSpan.FromSeconds(8), provider.StreamTimeout);
        Assert.Equal(TimeSpan.FromSeconds(9), provider.IdleTimeout);
        Assert.Equal(TimeSpan.FromSeconds(10), provider.ConnectTimeout);
        Assert.True(provider.RefundOn.Covers(404));
        Assert.True(provider.RefundOn.Timeout);
        Assert.False(provider.RefundOn.Unreachable);
        Assert.Equal(3, provider.Costs.Count);
        Assert.Equal(["b-*", "*"], provider.Prices.Select(rule => rule.Pattern));
    }

    [Theory]
    [InlineData(null, null, null, AuthScheme.Bearer, "Authorization")]
    [InlineData("bearer", "X-Auth", null, AuthScheme.Bearer, "X-Auth")]
    [InlineData(null, "api-key", null, AuthScheme.Header, "api-key")]
    [InlineData("Query", null, "key", AuthScheme.Query, "key")]
    [InlineData(null, null, "api_key", AuthScheme.Query, "api_key")]
    [InlineData("none", null, null, AuthScheme.None, "")]
    public void The_credential_goes_where_the_settings_say(string? scheme, string? header, string? query, AuthScheme expected, string name)
    {
        var provider = ProxySettings.Provider("https://api.example.com", ("AuthScheme", scheme), ("AuthHeader", header), ("AuthQuery", query));

        Assert.Equal(new ProviderAuth(expected, name), provider.Auth);
        Assert.Equal(expected != AuthScheme.None, provider.HasCredential);
    }

    [Theory]
    [InlineData("AuthHeader", "AuthScheme", "header")]
    [InlineData("AuthQuery", "AuthScheme", "query")]
    [InlineData("AuthHeader", "AuthScheme", "query", "AuthQuery", "key", "AuthHeader", "x-api-key")]
    [InlineData("AuthQuery", "AuthScheme", "bearer", "AuthQuery", "key")]
    [InlineData("AuthQuery", "AuthScheme", "query", "AuthQuery", "a key")]
    [InlineData("AuthQuery", "AuthScheme", "query", "AuthQuery", "key=")]
    [InlineData("Headers", "Headers", "Authorization=Basic abc")]
    [InlineData("Headers", "AuthHeader", "X-Key", "Headers", "x-key=abc")]
    public void What_does_not_fit_together_is_one_fault(string fault, params string[] settings)
    {
        var (_, errors) = ProxySettings.Read(
        [
            ("Providers__p__BaseUrl", "https://api.example.com"), ("Providers__p__ApiKey", "secret"),
            .. settings.Chunk(2).Select(pair => ($"Providers__p__{pair[0]}", (string?)pair[1])),
        ]);

        Assert.StartsWith($"Providers__p__{fault} ", Assert.Single(errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("BaseUrl", null)]
    [InlineData("BaseUrl", "api.example.com")]
    [InlineData("BaseUrl", "ftp://api.example.com")]
    [InlineData("BaseUrl", "https://user:password@api.example.com")]
    [InlineData("BaseUrl", "https://api.example.com/?a=b")]
    [InlineData("BaseUrl", "https://api.example.com/#a")]
    [InlineData("BaseUrl", "https://api.example.com/a%2f..%2fb")]
    [InlineData("AuthScheme", "basic")]
    [InlineData("AuthHeader", "x api key")]
    [InlineData("ApiKey", null)]
    [InlineData("ApiKey", "line\nbreak")]
    [InlineData("Credentials", "a, b")]
    [InlineData("Credentials__0", "line\nbreak")]
    [InlineData("Models", "a*b")]
    [InlineData("AllowedPaths", "v1/chat")]
    [InlineData("AllowedPaths", "/v1/*/chat")]
    [InlineData("TimeoutSeconds", "0")]
    [InlineData("TimeoutSeconds", "901")]
    [InlineData("TimeoutSeconds", "soon")]
    [InlineData("StreamTimeoutSeconds", "0")]
    [InlineData("StreamTimeoutSeconds", "2401")]
    [InlineData("IdleTimeoutSeconds", "0")]
    [InlineData("IdleTimeoutSeconds", "2401")]
    [InlineData("ConnectTimeoutSeconds", "0")]
    [InlineData("ConnectTimeoutSeconds", "121")]
    [InlineData("RequestStreamUsage", "perhaps")]
    [InlineData("AllowedMethods", "GET, FETCH")]
    [InlineData("AllowedMethods", "CONNECT")]
    [InlineData("Preset", "openal")]
    [InlineData("Headers", "X-Title")]
    [InlineData("Headers", "=a")]
    [InlineData("Headers", "X-Title=")]
    [InlineData("Headers", "X Title=a")]
    [InlineData("Headers", "X-Title=gr\u00fcn")]
    [InlineData("Headers", "X-Title=a; x-title=b")]
    [InlineData("Headers", "Host=a")]
    [InlineData("Headers", "Connection=close")]
    [InlineData("Headers", "Content-Type=text/plain")]
    [InlineData("Headers", "X-Request-Id=a")]
    [InlineData("Headers", "Accept-Encoding=gzip")]
    [InlineData("RefundOn", "sometimes")]
    [InlineData("RefundOn", "none, 5xx")]
    [InlineData("RefundOn", "6xx")]
    [InlineData("Costs", "10")]
    [InlineData("Costs", "a=1000001")]
    [InlineData("Costs", "a=-1")]
    [InlineData("Costs", "=5")]
    [InlineData("Costs", "a*b=5")]
    [InlineData("Prices", "gpt-4o")]
    [InlineData("Prices", "gpt-4o input=2.5")]
    [InlineData("Prices", "gpt-4o input=2.5 output=10, o1 output=10")]
    [InlineData("Modles", "a")]
    public void A_bad_setting_is_named(string name, string? value)
    {
        (string, string?)[] good = [("Providers__p__BaseUrl", "https://api.example.com"), ("Providers__p__ApiKey", "secret")];
        var (options, errors) = ProxySettings.Read([.. good.Where(setting => setting.Item1 != "Providers__p__" + name), ("Providers__p__" + name, value)]);

        Assert.StartsWith($"Providers__p__{name} ", Assert.Single(errors), StringComparison.Ordinal);
        Assert.Empty(options.Providers);
    }

    [Theory]
    [InlineData("TimeoutSeconds", "1")]
    [InlineData("TimeoutSeconds", "900")]
    [InlineData("StreamTimeoutSeconds", "1")]
    [InlineData("StreamTimeoutSeconds", "2400")]
    [InlineData("IdleTimeoutSeconds", "1")]
    [InlineData("IdleTimeoutSeconds", "2400")]
    [InlineData("ConnectTimeoutSeconds", "1")]
    [InlineData("ConnectTimeoutSeconds", "120")]
    [InlineData("AllowedMethods", "Options")]
    [InlineData("Headers", " ; ")]
    [InlineData("Costs", "a=0, b=1000000")]
    [InlineData("Costs", "ft:gpt-4=mini=3")]
    [InlineData("Prices", "gpt-4o* input=2.5 output=10, flux-* request=0.04")]
    [InlineData("RefundOn", "None")]
    public void The_limits_themselves_are_good(string name, string value) => ProxySettings.Provider("https://api.example.com", (name, value));

    [Theory]
    [InlineData("one", "two", "three", "one two three")]
    [InlineData(null, "two", "three", "two three")]
    [InlineData("one", "one", null, "one")]
    public void A_provider_may_have_several_credentials(string? apiKey, string? first, string? second, string expected)
    {
        var provider = ProxySettings.Provider("https://api.example.com", ("ApiKey", apiKey), ("Credentials__0", first), ("Credentials__1", second));

        Assert.Equal(expected.Split(' '), provider.ApiKeys);
    }

    [Theory]
    [InlineData(ProviderCredentials.Max, true)]
    [InlineData(ProviderCredentials.Max + 1, false)]
    public void But_not_any_number(int count, bool isGood)
    {
        (string, string?)[] settings =
        [
            ("Providers__p__BaseUrl", "https://api.example.com"),
            .. Enumerable.Range(0, count).Select(number => ($"Providers__p__Credentials__{number}", (string?)$"secret-{number}")),
        ];

        Assert.Equal(isGood ? [] : ["Providers__p__Credentials"], ProxySettings.Read(settings).Errors.Select(error => error.Split(' ')[0]));
    }

    [Fact]
    public void A_name_that_is_none_is_a_fault() =>
        Assert.StartsWith("Providers__a b ", Assert.Single(ProxySettings.Read(("Providers__a b__BaseUrl", "https://api.example.com")).Errors), StringComparison.Ordinal);

    [Fact]
    public void The_only_provider_is_the_default_one()
    {
        var (options, _) = ProxySettings.Read(("Providers__P__BaseUrl", "https://a.example"), ("Providers__P__AuthScheme", "none"));

        Assert.Equal("p", options.DefaultProvider?.Name);
    }

    [Fact]
    public void Of_several_none_is_the_default_one_unless_it_is_named()
    {
        (string, string?)[] two =
        [
            ("Providers__a__BaseUrl", "https://a.example"), ("Providers__a__AuthScheme", "none"),
            ("Providers__b__BaseUrl", "https://b.example"), ("Providers__b__AuthScheme", "none"),
        ];

        Assert.Null(ProxySettings.Read(two).Options.DefaultProvider);
        Assert.Equal("b", ProxySettings.Read([.. two, ("DefaultProvider", "B")]).Options.DefaultProvider?.Name);
    }

    [Fact]
    public void A_default_provider_that_does_not_exist_is_a_fault() =>
        Assert.StartsWith("DefaultProvider ", Assert.Single(ProxySettings.Read(("DefaultProvider", "openai")).Errors), StringComparison.Ordinal);

    [Fact]
    public void A_provider_never_shows_its_credential()
    {
        var provider = ProxySettings.Provider("https://api.example.com", ("ApiKey", "sk-very-secret"), ("Headers", "X-Key=sk-very-secret"));

        Assert.DoesNotContain("sk-very-secret", provider.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("sk-very-secret", System.Text.Json.JsonSerializer.Serialize(provider), StringComparison.Ordinal);
    }

    [Fact]
    public void No_request_may_take_as_long_as_the_host_lets_an_invocation_run()
    {
        using var host = JsonDocument.Parse(File.ReadAllText(Repository.PathOf("host.json")));
        var limit = TimeSpan.Parse(host.RootElement.GetProperty("functionTimeout").GetString()!, CultureInfo.InvariantCulture);

        Assert.True(limit > TimeSpan.FromSeconds(ProxyOptions.MaxTimeoutSeconds + ProxyOptions.MaxStreamTimeoutSeconds));
        Assert.Single(ProxySettings.Read(
            ("Providers__p__BaseUrl", "https://api.example.com"), ("Providers__p__AuthScheme", "none"),
            ("Providers__p__StreamTimeoutSeconds", $"{ProxyOptions.MaxStreamTimeoutSeconds + 1}")).Errors);
    }
}
