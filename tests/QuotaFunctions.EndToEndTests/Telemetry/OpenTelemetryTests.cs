using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.EndToEndTests.Proxying;
using QuotaFunctions.LocalHost;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests.Telemetry;

/// <summary>What a running app exports by OTLP.</summary>
[Collection(AppFixture.Name)]
public sealed class OpenTelemetryTests(AppFixture app)
{
    private const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    private const string Credential = "the-credential-of-an-upstream";

    [Fact]
    public async Task A_request_is_one_trace_from_the_clients_to_the_upstreams_and_tells_no_secret()
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var upstream = await ScriptedUpstream.StartAsync();
        string? seen = null;
        var name = upstream.On(async context =>
        {
            seen = context.Request.Headers.TraceParent;
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync("""{"answer":"a-very-private-answer","usage":{"prompt_tokens":11,"completion_tokens":22,"total_tokens":33}}""");
        });
        var host = await StartAsync(collector, new Uri(upstream.BaseAddress, "/openai"));
        string secret;
        await using (host)
        {
            using var client = new HttpClient { BaseAddress = host.BaseAddress };
            secret = await CreateKeyAsync(client);
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
            Assert.Equal(HttpStatusCode.OK, (await client.SendAsync(read)).StatusCode);

            // The request, its decision, its commit and the call
            await Eventually.TrueAsync(() => collector.Count("traces", TraceId) >= 4);
            await Eventually.TrueAsync(() => collector.Of("metrics").Contains("gen_ai.client.token.usage", StringComparison.Ordinal));
        }

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
        foreach (var text in new[] { secret, Credential, AppSettings.AdminToken, "a-very-private", "a-query", "a-secret-in-the-query" })
        {
            Assert.DoesNotContain(text, collector.All, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Where_no_setting_asks_for_it_the_upstream_gets_no_trace()
    {
        await using var upstream = await ScriptedUpstream.StartAsync();
        var seen = "";
        var name = upstream.On(context =>
        {
            seen = context.Request.Headers.TraceParent.ToString();
            return Task.CompletedTask;
        });
        await using var host = await StartAsync(collector: null, new Uri(upstream.BaseAddress, "/openai"));
        using var client = new HttpClient { BaseAddress = host.BaseAddress };
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/providers/openai/{name}");
        request.Headers.Add("X-API-Key", await CreateKeyAsync(client));
        request.Headers.Add("traceparent", $"00-{TraceId}-00f067aa0ba902b7-01");
        Assert.Equal(HttpStatusCode.OK, (await client.SendAsync(request)).StatusCode);
        Assert.Equal("", seen);
    }

    private Task<LocalFunctionsHost> StartAsync(OtlpCollector? collector, Uri upstream)
    {
        var settings = AppSettings.For(app.Azurite.ConnectionString);
        settings["Providers__openai__BaseUrl"] = upstream.ToString();
        settings["Providers__openai__ApiKey"] = Credential;
        settings["LOG_LEVEL"] = "trace";
        if (collector is not null)
        {
            settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Endpoint;
            settings["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf";
            settings["OTEL_BSP_SCHEDULE_DELAY"] = "50";
            settings["OTEL_METRIC_EXPORT_INTERVAL"] = "50";
        }

        return AppFixture.StartAppAsync(settings);
    }

    private static async Task<string> CreateKeyAsync(HttpClient client)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/manage/keys") { Content = JsonContent.Create(new { name = "test", quota = 10 }) };
        request.Headers.Authorization = new("Bearer", AppSettings.AdminToken);
        using var response = await client.SendAsync(request);
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("key").GetString()!;
    }
}
