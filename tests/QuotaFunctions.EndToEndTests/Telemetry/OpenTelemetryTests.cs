using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.EndToEndTests.Proxying;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests.Telemetry;

/// <summary>What a running app exports.</summary>
[Collection(AppFixture.Name)]
public sealed class OpenTelemetryTests(AppFixture app)
{
    private const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    private const string Credential = "the-credential-of-an-upstream";

    [Fact]
    public async Task A_request_is_one_trace_from_the_clients_to_the_upstreams_and_tells_no_secret()
    {
        await using var collector = await TelemetryCollector.StartAsync();
        var (secret, seen) = await CallUpstreamAsync(
            new()
            {
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Endpoint,
                ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
                ["OTEL_BSP_SCHEDULE_DELAY"] = "50",
                ["OTEL_METRIC_EXPORT_INTERVAL"] = "50",
            },
            // The request, its decision, its commit and the call
            () => collector.Count("traces", TraceId) >= 4 && collector.Of("metrics").Contains("gen_ai.client.token.usage", StringComparison.Ordinal));

        // What is left is sent at the end
        var traces = collector.Of("traces");
        Assert.Matches($"^00-{TraceId}-[0-9a-f]{{16}}-01$", seen);
        foreach (var text in new[]
        {
            "POST /providers/{provider}/{*path}", "quota decision", "quota commit", "chat gpt-4o", "gen_ai.provider.name", "gen_ai.usage.input_tokens", "GET /manage/keys/{key}",
        })
        {
            Assert.Contains(text, traces, StringComparison.Ordinal);
        }

        Assert.Contains("00f067aa0ba902b7", Convert.ToHexString(Encoding.Latin1.GetBytes(traces)), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("quota_http_requests_total", collector.Of("metrics"), StringComparison.Ordinal);
        Assert.Contains("quota-functions", collector.Of("metrics"), StringComparison.Ordinal);
        TellsNoSecret(collector, secret);
    }

    [Fact]
    public async Task Application_Insights_gets_the_same_trace()
    {
        await using var collector = await TelemetryCollector.StartAsync();
        var (secret, _) = await CallUpstreamAsync(
            new()
            {
                ["APPLICATIONINSIGHTS_CONNECTION_STRING"] =
                    $"InstrumentationKey=00000000-0000-0000-0000-000000000000;IngestionEndpoint={collector.Endpoint}/;LiveEndpoint={collector.Endpoint}/",

                // By default 5 traces a second, those of other tests among them
                ["OTEL_TRACES_SAMPLER"] = "microsoft.fixed_percentage",
                ["OTEL_TRACES_SAMPLER_ARG"] = "1",
            },
            () => true);

        foreach (var text in new[] { TraceId, "chat gpt-4o", "quota commit", "quota_decision_seconds" })
        {
            Assert.Contains(text, collector.All, StringComparison.Ordinal);
        }

        TellsNoSecret(collector, secret);
    }

    [Fact]
    public async Task Where_no_setting_asks_for_it_the_upstream_gets_no_trace()
    {
        var (_, seen) = await CallUpstreamAsync([], () => true);
        Assert.Equal("", seen);
    }

    /// <summary>
    /// Starts the app, has it call an upstream with secrets in every place that a client or an admin may put one, and stops it: what is not
    /// exported yet is then.
    /// </summary>
    /// <param name="more">How it is to export.</param>
    /// <param name="exported">What is waited for before the stop.</param>
    /// <returns>The key's secret, and the trace that the upstream was told.</returns>
    private async Task<(string Secret, string Seen)> CallUpstreamAsync(Dictionary<string, string?> more, Func<bool> exported)
    {
        await using var upstream = await ScriptedUpstream.StartAsync();
        var seen = "";
        var name = upstream.On(async context =>
        {
            seen = context.Request.Headers.TraceParent.ToString();
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync("""{"answer":"a-very-private-answer","usage":{"prompt_tokens":11,"completion_tokens":22,"total_tokens":33}}""");
        });
        var settings = AppSettings.For(app.Azurite.ConnectionString);
        settings["Providers__openai__BaseUrl"] = new Uri(upstream.BaseAddress, "/openai").ToString();
        settings["Providers__openai__ApiKey"] = Credential;
        settings["Providers__openai__AuthQuery"] = "key";
        settings["Providers__openai__Headers"] = $"X-Key={Credential}";
        settings["LOG_LEVEL"] = "trace";
        foreach (var (setting, value) in more)
        {
            settings[setting] = value;
        }

        await using var host = await AppFixture.StartAppAsync(settings);
        using var client = new HttpClient { BaseAddress = host.BaseAddress };
        var secret = await CreateKeyAsync(client);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/providers/openai/{name}/chat/completions?a-query=a-secret-in-the-query")
        {
            Content = JsonContent.Create(new { model = "gpt-4o", messages = new[] { new { role = "user", content = "a-very-private-prompt" } } }),
        };
        request.Headers.Add("X-API-Key", secret);
        request.Headers.Add("traceparent", $"00-{TraceId}-00f067aa0ba902b7-01");
        using var response = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);

        // The secret in the path, as an admin may send it
        using var read = new HttpRequestMessage(HttpMethod.Get, $"/manage/keys/{secret}");
        read.Headers.Authorization = new("Bearer", AppSettings.AdminToken);
        using var key = await client.SendAsync(read);
        Assert.Equal(HttpStatusCode.OK, key.StatusCode);
        await Eventually.TrueAsync(exported);
        Assert.Equal(TraceId, await LoggedTraceAsync(client, secret));
        return (secret, seen);
    }

    /// <summary>The trace that the log has of the key's only request.</summary>
    private static Task<string> LoggedTraceAsync(HttpClient client, string secret) => Eventually.GetAsync(async () =>
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/manage/keys/{secret}/logs?provider=openai");
        request.Headers.Authorization = new("Bearer", AppSettings.AdminToken);
        using var response = await client.SendAsync(request);
        var rows = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("logs");
        return rows.GetArrayLength() == 0 ? null : rows[0].GetProperty("trace_id").GetString();
    });

    private static void TellsNoSecret(TelemetryCollector collector, string secret)
    {
        foreach (var text in new[] { secret, Credential, AppSettings.AdminToken, "a-very-private", "a-query", "a-secret-in-the-query" })
        {
            Assert.DoesNotContain(text, collector.All, StringComparison.Ordinal);
        }
    }

    private static async Task<string> CreateKeyAsync(HttpClient client)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/manage/keys") { Content = JsonContent.Create(new { name = "test", quota = 10 }) };
        request.Headers.Authorization = new("Bearer", AppSettings.AdminToken);
        using var response = await client.SendAsync(request);
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("key").GetString()!;
    }
}
