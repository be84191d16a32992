using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Azure.Storage.Queues;
using Microsoft.Extensions.DependencyInjection;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.LocalHost;
using QuotaFunctions.TestSupport;
using Xunit.Abstractions;

namespace QuotaFunctions.EndToEndTests.Telemetry;

/// <summary>What infra/monitoring holds for others to copy, against a real Prometheus that scrapes a running app.</summary>
[Collection(AppFixture.Name)]
public sealed partial class MonitoringTests(AppFixture app, ITestOutputHelper output)
{
    private const string MetricsToken = "a-metrics-token-of-the-tests-only";

    /// <summary>What there is no data for in an app that is well, and why.</summary>
    private static readonly string[] MayBeEmpty =
    [
        "quota_unavailable_total", // storage would have to be away
    ];

    [Fact]
    public async Task The_tools_of_Prometheus_and_Alertmanager_have_nothing_to_object_to()
    {
        await using var check = ChildProcess.Start(Repository.PathOf("scripts", "check-monitoring.sh"), [], Repository.Root);
        var code = await check.WaitForExitAsync(TimeSpan.FromMinutes(5));
        output.WriteLine(check.Log);
        Assert.Equal(0, code);
    }

    [Fact]
    public async Task Every_alert_and_every_query_of_the_dashboard_finds_its_data()
    {
        var settings = AppSettings.For(app.Azurite.ConnectionString, app.Upstream.BaseAddress);
        settings["METRICS_TOKEN"] = MetricsToken;
        await using var host = await AppFixture.StartAppAsync(settings);
        await UseAsync(host);
        await using var prometheus = await PrometheusServer.StartAsync(host.BaseAddress, MetricsToken);

        var rules = await Eventually.GetAsync(
            async () => await prometheus.RulesAsync() is var read && read.All(rule => rule.GetProperty("health").GetString() != "unknown") ? read : null);
        Assert.InRange(rules.Count, 12, 100);
        Assert.All(rules, rule => Assert.Equal("ok", rule.GetProperty("health").GetString()));
        var queries = rules.SelectMany(rule => Selector().Matches(rule.GetProperty("query").GetString()!).Select(match => match.Value)).ToList();
        Assert.InRange(queries.Count, rules.Count, 1000);
        queries.AddRange(DashboardQueries());

        var missing = queries.Distinct().Where(query => !MayBeEmpty.Any(name => query.Contains(name, StringComparison.Ordinal))).ToList();
        try
        {
            await Eventually.TrueAsync(
                async () =>
                {
                    foreach (var query in missing.ToList())
                    {
                        if ((await prometheus.QueryAsync(query)).Count > 0)
                        {
                            missing.Remove(query);
                        }
                    }

                    return missing.Count == 0;
                },
                TimeSpan.FromSeconds(60),
                "every query has data");
        }
        catch (TimeoutException)
        {
            Assert.Empty(missing);
        }

        // These are right, too
        foreach (var query in queries)
        {
            await prometheus.QueryAsync(query);
        }

        Assert.All(rules, IsDescribed);
    }

    /// <summary>Some of everything: what is granted, refused, forwarded, and fails at the upstream; and that it is counted.</summary>
    private async Task UseAsync(LocalFunctionsHost host)
    {
        using var admin = new HttpClient { BaseAddress = host.BaseAddress };
        admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AppSettings.AdminToken);
        using var created = await admin.PostAsJsonAsync("/manage/keys", new { name = "monitored", quota = 10 });
        var key = await created.Content.ReadFromJsonAsync<JsonElement>();
        using var client = new HttpClient { BaseAddress = host.BaseAddress };
        client.DefaultRequestHeaders.Add("X-API-Key", key.GetProperty("key").GetString());

        foreach (var (model, status) in new[] { ("sample-small", 200), ("sample-status-503", 503), ("sample-status-401", 502) })
        {
            using var answer = await client.PostAsJsonAsync("/v1/chat/completions", new { model, messages = new[] { new { role = "user", content = "Hello" } } });
            Assert.Equal(status, (int)answer.StatusCode);
        }

        using var granted = await client.PostAsJsonAsync("/quota/consume", new { cost = 4 });
        Assert.Equal(HttpStatusCode.OK, granted.StatusCode);
        using var refused = await client.PostAsJsonAsync("/quota/consume", new { cost = 8 });
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);

        // What timers would do within the hour: add the books up, and copy what was counted
        await host.Services.GetRequiredService<IBookInspector>().InspectAsync([key.GetProperty("id").GetString()!], CancellationToken.None);
        var queue = new QueueClient(app.Azurite.ConnectionString, "sweep-requests", new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 });
        await Eventually.TrueAsync(
            async () =>
            {
                await queue.SendMessageAsync("sweep");
                var text = new PrometheusText(await admin.GetStringAsync("/metrics"));
                return text.Series("quota_tokens_total").Count > 0 && text.Series("quota_remaining").Count > 0;
            },
            TimeSpan.FromSeconds(90),
            "what was used is counted");
    }

    /// <summary>The dashboard's queries, and those behind its variables, with values for the variables.</summary>
    private static List<string> DashboardQueries()
    {
        var text = File.ReadAllText(Repository.PathOf("infra", "monitoring", "grafana", "dashboards", "quotafunctions.json"));
        var dashboard = JsonDocument.Parse(text).RootElement;
        var panels = dashboard.GetProperty("panels").EnumerateArray().Where(panel => panel.GetProperty("type").GetString() != "row").ToList();
        Assert.InRange(panels.Count, 20, 100);
        Assert.Equal(panels.Count, panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
        Assert.All(panels, panel => Assert.NotEqual("", panel.GetProperty("description").GetString()));
        Assert.All(DataSource().Matches(text), match => Assert.Equal("${datasource}", match.Groups[1].Value));

        var queries = panels.SelectMany(panel => panel.GetProperty("targets").EnumerateArray()).Select(target => target.GetProperty("expr").GetString()!);
        var values = dashboard.GetProperty("templating").GetProperty("list").EnumerateArray()
            .Where(variable => variable.GetProperty("type").GetString() == "query")
            .Select(variable => LabelValues().Match(variable.GetProperty("definition").GetString()!))
            .Select(match => $"count by ({match.Groups["label"]}) ({match.Groups["selector"]})");
        return
        [
            .. queries.Concat(values).Select(query => query
                .Replace("$__rate_interval", "1m", StringComparison.Ordinal)
                .Replace("$__range", "1h", StringComparison.Ordinal)
                .Replace("$instance", ".*", StringComparison.Ordinal)
                .Replace("$job", "quotafunctions", StringComparison.Ordinal)),
        ];
    }

    /// <summary>An alert says what it is, what to do, and where that is described; and docs/monitoring.md has it.</summary>
    private static void IsDescribed(JsonElement rule)
    {
        var name = rule.GetProperty("name").GetString()!;
        var annotations = rule.GetProperty("annotations");
        Assert.Contains(rule.GetProperty("labels").GetProperty("severity").GetString(), new[] { "critical", "warning", "info" });
        Assert.NotEqual("", annotations.GetProperty("summary").GetString());
        Assert.NotEqual("", annotations.GetProperty("description").GetString());
        Assert.Contains($"`{name}`", File.ReadAllText(Repository.PathOf("docs", "monitoring.md")), StringComparison.Ordinal);

        var runbook = annotations.GetProperty("runbook").GetString()!.Split('#');
        var anchors = File.ReadLines(Repository.PathOf(runbook[0])).Where(line => line.StartsWith('#')).Select(AnchorOf);
        Assert.True(runbook.Length == 1 || anchors.Contains(runbook[1]), $"{name}: there is no {string.Join('#', runbook)}");
    }

    /// <summary>As GitHub makes it of a heading.</summary>
    private static string AnchorOf(string heading) =>
        NotInAnchors().Replace(heading.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-');

    [GeneratedRegex(@"\b(?:quota_[a-z_]+|up)\b(?:\{[^}]*\})?")]
    private static partial Regex Selector();

    [GeneratedRegex("\"uid\": \"([^\"]*)\"(?=\\s*\\})")]
    private static partial Regex DataSource();

    [GeneratedRegex(@"^label_values\((?<selector>.+), (?<label>\w+)\)$")]
    private static partial Regex LabelValues();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchors();
}
