using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace QuotaFunctions.EndToEndTests.Proxying;

/// <summary>What is refused is refused as the contract says, and costs nothing.</summary>
[Collection(ProxyFixture.Name)]
public sealed class RefusalTests(ProxyFixture fixture)
{
    private const string Chat = """{"model":"sample-small","messages":[]}""";

    public static TheoryData<string, string> KeyRoutes => new()
    {
        { "GET", "/v1/models" },
        { "POST", "/v1/chat/completions" },
        { "GET", "/providers/sample/echo" },
        { "POST", "/proxy" },
        { "GET", "/quota" },
        { "POST", "/quota/consume" },
        { "POST", "/quota/charges/chg_20260101-1-0/settle" },
    };

    [Theory]
    [MemberData(nameof(KeyRoutes))]
    public async Task No_key_is_401_everywhere(string method, string path)
    {
        using var client = new HttpClient { BaseAddress = fixture.Host.BaseAddress };

        using var response = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        var problem = await response.IsProblemAsync(HttpStatusCode.Unauthorized, "key_missing");
        Assert.StartsWith("Bearer", response.Header("WWW-Authenticate"), StringComparison.Ordinal);
        Assert.Equal(path.StartsWith("/v1/", StringComparison.Ordinal), problem.TryGetProperty("error", out _));
    }

    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"m"}""", HttpStatusCode.Forbidden, "endpoint_not_allowed")]
    [InlineData("/providers/sample/echo", "{}", HttpStatusCode.NotFound, "not_found")]
    [InlineData("/proxy", """{"endpoint":"https://api.example.com/"}""", HttpStatusCode.Forbidden, "endpoint_not_allowed")]
    public async Task Without_a_provider_nothing_is_forwarded(string path, string body, HttpStatusCode status, string code)
    {
        using var key = await fixture.NewKeyAsync();
        await using var host = await fixture.StartWithoutProvidersAsync();
        using var client = new HttpClient { BaseAddress = host.BaseAddress };
        client.DefaultRequestHeaders.Add("X-API-Key", key.Secret);

        using var response = await client.PostAsync(path, new StringContent(body));

        await response.IsProblemAsync(status, code);
        Assert.Equal(0, await key.UsedAsync());
    }

    [Theory]
    [MemberData(nameof(KeyRoutes))]
    public async Task A_key_that_nobody_has_is_401_everywhere(string method, string path)
    {
        using var client = new HttpClient { BaseAddress = fixture.Host.BaseAddress };
        foreach (var secret in new[] { "trial_nobody", new string('x', 600), "trial_" + new string('a', 49) })
        {
            var request = new HttpRequestMessage(new HttpMethod(method), path);
            request.Headers.TryAddWithoutValidation("X-API-Key", secret);
            if (method == "POST")
            {
                // Nobody reads it
                request.Content = new StringContent("{", Encoding.UTF8, "application/json");
            }

            using var response = await client.SendAsync(request);
            await response.IsProblemAsync(HttpStatusCode.Unauthorized, "key_invalid");
        }
    }

    [Theory]
    [InlineData("DELETE", "key_revoked", HttpStatusCode.Unauthorized)]
    [InlineData("PATCH", "key_disabled", HttpStatusCode.Forbidden)]
    public async Task A_key_out_of_use_is_refused_everywhere(string method, string code, HttpStatusCode status)
    {
        using var key = await fixture.NewKeyAsync();
        await key.ManageAsync(method, "", method == "PATCH" ? """{"status":"disabled"}""" : null);

        using var proxied = await key.SendAsync(HttpMethod.Get, "/v1/models");
        using var consumed = await key.PostAsync("/quota/consume", "{}");
        using var asked = await key.SendAsync(HttpMethod.Get, "/quota");

        await proxied.IsProblemAsync(status, code);
        await consumed.IsProblemAsync(status, code);
        await asked.IsProblemAsync(status, code);
    }

    [Theory]
    [InlineData("/quota/consume", """{"cost":-1}""", HttpStatusCode.BadRequest)]
    [InlineData("/quota/consume", "{", HttpStatusCode.BadRequest)]
    [InlineData("/quota/charges/chg_20260101-1-0/settle", """{"success":true}""", HttpStatusCode.NotFound)]
    [InlineData("/proxy", """{"endpoint":"https://elsewhere.example/v1"}""", HttpStatusCode.Forbidden)]
    [InlineData("/proxy", "[]", HttpStatusCode.BadRequest)]
    [InlineData("/v1/chat/completions", "{", HttpStatusCode.BadRequest)]
    [InlineData("/providers/nobody/v1", "{}", HttpStatusCode.NotFound)]
    public async Task Who_is_refused_before_the_books_are_asked_hears_how_the_quota_stands_too(string path, string body, HttpStatusCode status)
    {
        using var key = await fixture.NewKeyAsync(("quota", 7), ("rate_limit_per_minute", 5));

        using var refused = await key.PostAsync(path, body);

        Assert.Equal(status, refused.StatusCode);
        Assert.Equal("7", refused.Header("X-Quota-Limit"));
        Assert.Equal("7", refused.Header("X-Quota-Remaining"));
        Assert.Equal("\"quota\";q=7, \"minute\";q=5;w=60", refused.Header("RateLimit-Policy"));
        Assert.StartsWith("\"quota\";r=7, \"minute\";r=5", refused.Header("RateLimit"), StringComparison.Ordinal);
        Assert.Null(refused.Header("X-Quota-Charged"));
        Assert.Equal(0, await key.UsedAsync());
    }

    [Fact]
    public async Task A_quota_used_up_is_429_and_says_so_in_openais_words()
    {
        using var key = await fixture.NewKeyAsync(("quota", 1));

        using var first = await key.PostAsync("/v1/chat/completions", Chat);
        using var second = await key.PostAsync("/v1/chat/completions", Chat);

        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        var problem = await second.IsProblemAsync(HttpStatusCode.TooManyRequests, "quota_exhausted");
        Assert.Equal("quota_exhausted", problem.GetProperty("error").GetProperty("code").GetString());
        Assert.Equal("insufficient_quota", problem.GetProperty("error").GetProperty("type").GetString());
        Assert.Equal("0", second.Header("X-Quota-Remaining"));
        Assert.Equal("\"quota\";r=0", second.Header("RateLimit"));
        Assert.Null(second.Header("X-Quota-Charged"));
        Assert.Null(second.Header("Retry-After"));
        Assert.Equal("false", second.Header("x-should-retry"));

        using var free = await key.SendAsync(HttpMethod.Get, "/v1/models");
        Assert.Equal(HttpStatusCode.OK, free.StatusCode);
    }

    [Fact]
    public async Task Over_the_rate_is_429_with_the_time_to_wait()
    {
        using var key = await fixture.NewKeyAsync(("rate_limit_per_minute", 1));

        using var first = await key.PostAsync("/v1/chat/completions", Chat);
        using var second = await key.PostAsync("/v1/chat/completions", Chat);

        await second.IsProblemAsync(HttpStatusCode.TooManyRequests, "rate_limited");
        Assert.InRange(second.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 50, 60);
        Assert.Equal(1, await key.UsedAsync());
    }

    [Theory]
    [InlineData("allowed_providers", "scripted", "provider_not_allowed")]
    [InlineData("allowed_models", "gpt-*", "model_not_allowed")]
    [InlineData("allowed_ips", "10.0.0.0/8", "address_not_allowed")]
    public async Task A_key_may_be_for_some_things_only(string setting, string value, string code)
    {
        using var key = await fixture.NewKeyAsync((setting, new[] { value }));

        using var response = await key.PostAsync("/v1/chat/completions", """{"model":"sample-small","messages":[]}""");

        await response.IsProblemAsync(HttpStatusCode.Forbidden, code);
    }

    [Theory]
    [InlineData("sample-small", "application/json", HttpStatusCode.OK)]
    [InlineData("sample-large", "application/json", HttpStatusCode.Forbidden)]
    [InlineData("sample-small", "text/plain", HttpStatusCode.OK)]
    [InlineData("sample-large", "text/plain", HttpStatusCode.Forbidden)]
    public async Task The_model_is_found_whatever_the_body_is_declared_to_be(string model, string contentType, HttpStatusCode status)
    {
        using var key = await fixture.NewKeyAsync(("allowed_models", new[] { "sample-small" }));

        using var response = await key.SendAsync(
            HttpMethod.Post, "/providers/sample/echo", new StringContent($$"""{"model":"{{model}}"}""", Encoding.UTF8, new MediaTypeHeaderValue(contentType)));

        Assert.Equal(status, response.StatusCode);
    }

    [Fact]
    public async Task A_model_is_held_to_the_list_wherever_it_stands()
    {
        using var key = await fixture.NewKeyAsync(("allowed_models", new[] { "sample-small" }));
        var text = new string('x', 2_000_000);

        using var late = await key.PostAsync("/providers/sample/echo", $$"""{"text":"{{text}}","model":"sample-small"}""");
        using var twice = await key.PostAsync("/providers/sample/echo", $$"""{"model":"sample-small","text":"{{text}}","model":"sample-large"}""");
        using var early = await key.PostAsync("/providers/sample/echo", $$"""{"model":"sample-small","text":"{{text}}"}""");

        using var other = await key.PostAsync("/providers/sample/echo", $$"""{"text":"{{text}}","model":"sample-large"}""");

        Assert.Equal(HttpStatusCode.OK, late.StatusCode);
        await twice.IsProblemAsync(HttpStatusCode.BadRequest, "invalid_request");
        Assert.Equal(HttpStatusCode.OK, early.StatusCode);
        await other.IsProblemAsync(HttpStatusCode.Forbidden, "model_not_allowed");
        await key.UsedBecomesAsync(2);
        await key.BooksBalanceAsync();
    }

    public static TheoryData<string> Endpoints =>
    [
        "http://example.com/", "https://api.example.com.evil/v1", "http://169.254.169.254/latest/meta-data", "http://127.0.0.1:1/", "http://[::1]/",
        "http://user@HOST/echo", "http://HOST@evil.example/echo", "http://127.0.0.1.evil.example/echo", "https://HOST/echo", "http://HOST/a/%2e%2e%2fb",
        "http://HOST/%252e%252e/b", "http://HOST/a%5c..%5cb", "http://HOST//evil.example/",
    ];

    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task An_endpoint_outside_is_403(string endpoint)
    {
        using var key = await fixture.NewKeyAsync();
        endpoint = endpoint.Replace("HOST", fixture.Sample.BaseAddress.Authority, StringComparison.Ordinal);

        using var response = await key.PostAsync("/proxy", JsonSerializer.Serialize(new { endpoint }));

        await response.IsProblemAsync(HttpStatusCode.Forbidden, "endpoint_not_allowed");
        Assert.Equal(0, await key.UsedAsync());
    }

    [Theory]
    [InlineData("/strict/allowed/x", true)]
    [InlineData("/strict/other/x", false)]
    [InlineData("/strict/allowed", false)]
    [InlineData("/strict/allowed%2f..%2fother", false)]
    [InlineData("/strictly", false)]
    public async Task A_path_outside_is_403(string path, bool allowed)
    {
        using var key = await fixture.NewKeyAsync();

        using var response = await key.PostAsync("/proxy", JsonSerializer.Serialize(new { endpoint = $"{fixture.Scripted.BaseAddress.GetLeftPart(UriPartial.Authority)}{path}" }));

        if (allowed)
        {
            // Nobody said what it answers
            Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        }
        else
        {
            await response.IsProblemAsync(HttpStatusCode.Forbidden, "endpoint_not_allowed");
        }

        Assert.Equal(0, await key.UsedAsync());
    }

    [Theory]
    [InlineData("/providers/sample/a/%2e%2e/b")]
    [InlineData("/providers/sample/a%2f..%2fb")]
    [InlineData("/providers/sample/..%5cb")]
    [InlineData("/v1/a/../../admin/keys")]
    [InlineData("/v1/%2e%2e/x")]
    [InlineData("/v1//x")]
    [InlineData("/v1/a\\..\\b")]
    public async Task A_path_that_leads_elsewhere_never_arrives(string target)
    {
        using var key = await fixture.NewKeyAsync();

        var (status, _) = await fixture.SendRawAsync($"GET {target} HTTP/1.1\r\nHost: x\r\nX-API-Key: {key.Secret}\r\nConnection: close\r\n\r\n");

        Assert.InRange(status, 400, 499);
        Assert.Equal(0, await key.UsedAsync());
    }

    [Fact]
    public async Task A_provider_that_does_not_exist_is_404()
    {
        using var key = await fixture.NewKeyAsync();

        using var response = await key.SendAsync(HttpMethod.Get, "/providers/nobody/x");

        await response.IsProblemAsync(HttpStatusCode.NotFound, "not_found");
    }
}
