using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using QuotaFunctions.EndToEndTests.Management;
using QuotaFunctions.LocalHost;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests.Telemetry;

/// <summary>GET /metrics of a running app, as Prometheus scrapes it.</summary>
[Collection(AppFixture.Name)]
public sealed class MetricsTests(AppFixture app)
{
    private const string MetricsToken = "a-metrics-token-of-the-tests-only";

    [Fact]
    public async Task A_scrape_tells_what_the_instance_did_and_promtool_has_nothing_to_object_to()
    {
        await using var host = await StartAsync([]);
        using var client = new HttpClient { BaseAddress = host.BaseAddress };
        var key = await CreateKeyAsync(client, quota: 3);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await SendAsync(client, "/quota/consume", key)).StatusCode);
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, (await SendAsync(client, "/quota/consume", key)).StatusCode);
        var other = await CreateKeyAsync(client, quota: 3);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(client, "/v1/chat/completions", other, new { model = "gpt-4o", messages = Array.Empty<object>() })).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync($"/manage/keys/{key}")).StatusCode);

        // An answer is counted when all of it is sent, a moment after the client has it
        var metrics = await Eventually.GetAsync(async () => await ScrapeAsync(client) is { } scrape && scrape.Value("http_requests_total") >= 8 ? scrape : null);

        Assert.Equal("", await metrics.CheckAsync());
        Assert.Equal(3, metrics.Value("quota_http_requests_total", ("method", "POST"), ("route", "/quota/consume"), ("status", "200")));
        Assert.Equal(1, metrics.Value("quota_http_requests_total", ("method", "POST"), ("route", "/quota/consume"), ("status", "429")));
        Assert.Equal(1, metrics.Value("quota_http_requests_total", ("route", "/v1/{*path}"), ("status", "200"), ("provider", "sample")));
        Assert.Equal(1, metrics.Value("quota_http_requests_total", ("method", "GET"), ("route", "/manage/keys/{key}"), ("status", "401")));
        Assert.Equal(2, metrics.Value("quota_http_requests_total", ("method", "POST"), ("route", "/manage/keys"), ("status", "201")));
        Assert.Equal(3, metrics.Value("quota_http_request_duration_seconds_count", ("route", "/quota/consume"), ("status", "200")));
        Assert.Equal(1, metrics.Value("http_responses_429_total"));
        Assert.Equal(0, metrics.Value("http_responses_5xx_total"));
        Assert.Equal(metrics.Value("http_requests_total"), metrics.Value("http_request_duration_seconds_count"));
        Assert.True(metrics.Value("active_connections") >= 1);
        Assert.Equal(5, metrics.Value("quota_decision_seconds_count"));
        Assert.InRange(metrics.Value("quota_commit_batch_size_sum")!.Value, 4, 100);
        Assert.Equal(0, metrics.Value("quota_commit_conflicts_total"));
        Assert.Equal(0, metrics.Value("quota_open_charges"));
        Assert.Equal(1, metrics.Value("quota_upstream_seconds_count", ("provider", "sample")));
        Assert.Equal(1, metrics.Value("quota_time_to_first_byte_seconds_count", ("provider", "sample")));
        Assert.NotNull(metrics.Value("quota_queue_length", ("queue", "audit-events")));
        Assert.Equal(0, metrics.Value("quota_poison_messages", ("queue", "sweep-requests")));
        Assert.True(metrics.Value("process_cpu_seconds_total") > 0);
        Assert.NotNull(metrics.Value("dotnet_collection_count_total", ("generation", "0")));
        Assert.Single(metrics.Series("process_working_set_bytes"), line => line.Contains("instance=\"", StringComparison.Ordinal));
        Assert.DoesNotContain(key, metrics.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_storage_a_scrape_still_answers_and_says_why_requests_were_refused()
    {
        await using var azurite = await AzuriteProcess.StartAsync();
        await using var host = await AppFixture.StartAppAsync(AppSettings.For(azurite.ConnectionString));
        using var client = new HttpClient { BaseAddress = host.BaseAddress };
        await azurite.StopAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await SendAdminAsync(client, HttpMethod.Get, "/manage/keys")).StatusCode);

        var metrics = await Eventually.GetAsync(async () => await ScrapeAsync(client) is { } scrape && scrape.Value("http_responses_5xx_total") == 1 ? scrape : null);

        Assert.Equal(1, metrics.Value("quota_unavailable_total", ("cause", "unreachable")));
        Assert.Empty(metrics.Series("quota_queue_length"));
        Assert.Equal("", await metrics.CheckAsync());
    }

    [Fact]
    public async Task With_a_token_set_only_it_and_admin_tokens_let_scrape()
    {
        await using var host = await StartAsync(new() { ["METRICS_TOKEN"] = MetricsToken });
        using var client = new HttpClient { BaseAddress = host.BaseAddress };

        foreach (var (token, code) in new[] { (null, "token_missing"), (MetricsToken + "x", "token_invalid"), ("", "token_missing") })
        {
            client.DefaultRequestHeaders.Remove("Authorization");
            if (token is not null)
            {
                Assert.True(client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Bearer {token}"));
            }

            var refused = await client.GetJsonAsync("/metrics");
            Assert.Equal((HttpStatusCode.Unauthorized, code), (refused.Status, refused.Code));
            Assert.True(refused.Response.Headers.WwwAuthenticate.Count == 1);
        }

        foreach (var token in new[] { MetricsToken, AppSettings.AdminToken })
        {
            client.DefaultRequestHeaders.Authorization = new("Bearer", token);
            using var scrape = await client.GetAsync("/metrics");
            Assert.Equal(HttpStatusCode.OK, scrape.StatusCode);
            Assert.Equal("text/plain; version=0.0.4; charset=utf-8", scrape.Content.Headers.ContentType?.ToString());
        }
    }

    [Fact]
    public async Task Switched_off_there_is_no_such_route()
    {
        await using var host = await StartAsync(new() { ["ENABLE_METRICS"] = "false" });
        using var client = new HttpClient { BaseAddress = host.BaseAddress };
        client.DefaultRequestHeaders.Authorization = new("Bearer", AppSettings.AdminToken);
        var answer = await client.GetJsonAsync("/metrics");
        Assert.Equal((HttpStatusCode.NotFound, "not_found"), (answer.Status, answer.Code));
    }

    private Task<LocalFunctionsHost> StartAsync(Dictionary<string, string?> more)
    {
        var settings = AppSettings.For(app.Azurite.ConnectionString, app.Upstream.BaseAddress);
        foreach (var (name, value) in more)
        {
            settings[name] = value;
        }

        return AppFixture.StartAppAsync(settings);
    }

    private static async Task<PrometheusText> ScrapeAsync(HttpClient client) => new(await client.GetStringAsync("/metrics"));

    private static async Task<string> CreateKeyAsync(HttpClient client, int quota)
    {
        using var response = await SendAdminAsync(client, HttpMethod.Post, "/manage/keys", new { name = "test", quota });
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("key").GetString()!;
    }

    private static Task<HttpResponseMessage> SendAdminAsync(HttpClient client, HttpMethod method, string path, object? body = null)
    {
        var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Authorization = new("Bearer", AppSettings.AdminToken);
        return client.SendAsync(request);
    }

    private static Task<HttpResponseMessage> SendAsync(HttpClient client, string path, string key, object? body = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body ?? new { }) };
        request.Headers.Add("X-API-Key", key);
        return client.SendAsync(request);
    }
}
