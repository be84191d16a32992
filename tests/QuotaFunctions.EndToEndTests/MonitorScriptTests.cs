using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Azure.Storage.Queues;
using QuotaFunctions.LocalHost;
using QuotaFunctions.TestSupport;
using Xunit.Abstractions;

namespace QuotaFunctions.EndToEndTests;

/// <summary>scripts/monitor-quota-usage.sh and alert-on-anomaly.sh, as operators and cron run them, against a service of their own.</summary>
public sealed partial class MonitorScriptTests(AzuriteFixture azurite, ITestOutputHelper output) : IClassFixture<AzuriteFixture>, IAsyncLifetime
{
    private const string Monitor = "monitor-quota-usage.sh";
    private const string Alert = "alert-on-anomaly.sh";
    private const string ReadOnlyToken = "a-read-only-token-of-the-tests-only";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("monitor-");
    private LocalFunctionsHost _host = null!;
    private HttpClient _admin = null!;

    private string Url => _host.BaseAddress.GetLeftPart(UriPartial.Authority);

    private string File => Path.Combine(_folder.FullName, "report.txt");

    public async Task InitializeAsync()
    {
        var settings = AppSettings.For(azurite.ConnectionString);
        settings["ADMIN_READONLY_TOKEN"] = ReadOnlyToken;
        _host = await AppFixture.StartAppAsync(settings);
        _admin = new HttpClient { BaseAddress = _host.BaseAddress };
        _admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AppSettings.AdminToken);
    }

    public async Task DisposeAsync()
    {
        _admin?.Dispose();
        await (_host?.DisposeAsync() ?? ValueTask.CompletedTask);
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_report_can_be_read_by_people_and_by_grep_and_anomalies_are_told_once()
    {
        // While all is well
        await UseAsync("总剩余配额 7 Total remaining 7", quota: 1000, cost: 5);
        await IsCountedAsync(requests: 1);
        Assert.Equal(0, await RunAsync(Monitor, "--lang", "zh", "-o", File));
        InOrder("生成时间: ", $"服务地址: {Url}", $"报告文件: {File}", "服务状态: ✅ 健康", "🔑 Key", "汇总统计", "异常检测", "建议操作");
        await GrepsAsync(("活跃 key 数量", 1), ("总请求数", 1), ("总剩余配额", 995), ("成功率", 100));
        Assert.Equal(0, await RunAsync(Monitor, "--lang", "en", "-o", File));
        InOrder("Generated: ", $"Service: {Url}", $"Report file: {File}", "Status: ✅", "🔑 Key", "Summary", "Anomalies", "Advice");
        await GrepsAsync(("Active keys", 1), ("Total requests", 1), ("Total remaining", 995), ("Success rate", 100));
        Assert.Equal([File], Directory.GetFiles(_folder.FullName));
        await using var hook = await Webhook.StartAsync();
        Assert.Equal((0, ""), await AlertAsync(hook));
        Assert.Empty(hook.Posts);

        // A quota that is used up
        await UseAsync("used up", quota: 10, cost: 10);
        await IsCountedAsync(requests: 2);
        Assert.Equal(1, await RunAsync(Monitor, "--lang", "zh", "-o", File));
        await GrepsAsync(("活跃 key 数量", 2), ("总请求数", 2), ("总剩余配额", 995), ("成功率", 100));
        var (code, log) = await AlertAsync(hook);
        Assert.Equal(1, code);
        Assert.Contains("⚠️", log, StringComparison.Ordinal);
        Assert.Contains("\n1. ", log, StringComparison.Ordinal);
        Assert.Equal(1, (await AlertAsync(hook)).Code);
        var post = JsonDocument.Parse(Assert.Single(hook.Posts)).RootElement;
        Assert.Equal(("anomalies", Url), (post.GetProperty("state").GetString(), post.GetProperty("service").GetString()));
        Assert.NotEqual(0, post.GetProperty("anomalies").GetArrayLength());
        Assert.NotEqual(0, post.GetProperty("advice").GetArrayLength());

        // It cannot tell: neither that all is well, nor that it is not
        var (unreachable, why) = await AlertAsync(hook, "--url", $"http://127.0.0.1:{FreePorts.Take(1)[0]}");
        Assert.Equal(2, unreachable);
        Assert.Single(why.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("\"unknown\"", hook.Posts[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_read_only_token_will_do_and_a_dry_run_does_nothing()
    {
        var (code, log) = await RunScriptAsync(Monitor, [new("ADMIN_TOKEN", null), new("ADMIN_READONLY_TOKEN", ReadOnlyToken)], "-v");
        Assert.Equal(0, code);
        var written = ReportFile().Match(log).Groups[1].Value;
        Assert.Matches(@"^/tmp/quota-usage-report-\d{8}-\d{6}\.txt$", written);
        Assert.True(System.IO.File.Exists(written));
        System.IO.File.Delete(written);
        Assert.DoesNotContain(ReadOnlyToken, log, StringComparison.Ordinal);

        var (dry, said) = await RunScriptAsync(Monitor, [], "--dry-run", "-o", File, "--url", "http://127.0.0.1:1", "--period", "month");
        Assert.Equal(0, dry);
        Assert.Contains("period=month", said, StringComparison.Ordinal);
        Assert.Contains(File, said, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder.FullName));
    }

    [Fact]
    public async Task The_token_that_start_keeps_is_for_a_service_of_this_machine_alone()
    {
        var script = CopyOfMonitor();
        await System.IO.File.WriteAllTextAsync(Path.Combine(_folder.FullName, "local.settings.json"), """{"Values":{"ADMIN_TOKEN":"a-token-of-this-machine"}}""");
        KeyValuePair<string, string?>[] noToken = [new("ADMIN_TOKEN", null)];

        var (code, log) = await RunAsync(script, noToken, ["--dry-run"]);
        Assert.Equal(0, code);
        Assert.Contains("the token of local.settings.json", log, StringComparison.Ordinal);
        Assert.Equal(2, (await RunAsync(script, noToken, ["--dry-run", "--url", "https://quota.example.com"])).Code);
        Assert.Equal(2, (await RunAsync(script, noToken, ["--dry-run", "--url", "http://127.0.0.1.example.com"])).Code);
        Assert.Contains("the token of --token", (await RunAsync(script, [], ["--dry-run", "-t", "another"])).Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ADMIN_TOKEN", "")]
    [InlineData("401", "a-wrong-\"token\\")]
    [InlineData("does not answer", AppSettings.AdminToken, "--url", "http://127.0.0.1:1")]
    [InlineData("is answered by 404", AppSettings.AdminToken, "--url", "…/nowhere")]
    [InlineData("--days", AppSettings.AdminToken, "--days", "0")]
    [InlineData("--lang", AppSettings.AdminToken, "--lang", "fr")]
    [InlineData("time_zone", AppSettings.AdminToken, "--time-zone", "Nowhere/Land")]
    [InlineData("/nowhere", AppSettings.AdminToken, "-o", "/nowhere/report.txt")]
    [InlineData("/nowhere", AppSettings.AdminToken, "--token-file", "/nowhere")]
    [InlineData("--colour", AppSettings.AdminToken, "--colour")]
    [InlineData("-t needs a value", AppSettings.AdminToken, "-t")]
    public async Task What_does_not_go_is_told_in_one_line(string told, string token, params string[] arguments)
    {
        var (code, log) = await RunAsync(
            CopyOfMonitor(),
            [new("ADMIN_TOKEN", token)],
            [.. new[] { "-o", File }.Concat(arguments.Select(argument => argument.Replace("…", Url, StringComparison.Ordinal)))]);
        Assert.Equal(2, code);
        var line = Assert.Single(log.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith($"scripts/{Monitor}: ", line, StringComparison.Ordinal);
        Assert.Contains(told, line, StringComparison.Ordinal);
        Assert.DoesNotContain("a-wrong", log, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder.FullName));
    }

    [Theory]
    [InlineData(Monitor)]
    [InlineData(Alert)]
    public async Task Help_says_what_it_takes(string script)
    {
        var (code, log) = await RunScriptAsync(script, [], "--help");
        Assert.Equal(0, code);
        Assert.Contains($"Usage: scripts/{script}", log, StringComparison.Ordinal);
        Assert.Contains("Exits with 0", log, StringComparison.Ordinal);
    }

    /// <summary>A copy of the script, beside which no local.settings.json stands.</summary>
    private string CopyOfMonitor()
    {
        var scripts = Directory.CreateDirectory(Path.Combine(_folder.FullName, "scripts", "lib")).Parent!;
        foreach (var name in new[] { Monitor, "lib/admin-client.sh" })
        {
            System.IO.File.Copy(Repository.PathOf("scripts", name), Path.Combine(scripts.FullName, name));
        }

        return Path.Combine(scripts.FullName, Monitor);
    }

    private async Task UseAsync(string name, int quota, int cost)
    {
        using var created = await _admin.PostAsJsonAsync("/manage/keys", new { name, quota });
        var key = await created.Content.ReadFromJsonAsync<JsonElement>();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/quota/consume") { Content = JsonContent.Create(new { cost }) };
        request.Headers.Add("X-API-Key", key.GetProperty("key").GetString());
        using var consumed = await _admin.SendAsync(request);
        consumed.EnsureSuccessStatusCode();
    }

    /// <summary>What is used is copied to where reports read it by a sweep, which is asked for here.</summary>
    private Task IsCountedAsync(int requests) => Eventually.TrueAsync(
        async () =>
        {
            await new QueueClient(azurite.ConnectionString, "sweep-requests", new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 }).SendMessageAsync("sweep");
            var usage = await _admin.GetFromJsonAsync<JsonElement>($"/manage/usage?from={DateTimeOffset.UtcNow.AddDays(-1):yyyy-MM-dd}");
            return usage.GetProperty("total").GetProperty("requests").GetInt64() == requests;
        },
        TimeSpan.FromSeconds(90));

    private void InOrder(params string[] parts)
    {
        var text = System.IO.File.ReadAllText(File);
        var last = -1;
        foreach (var part in parts)
        {
            var index = text.IndexOf($"\n{part}", StringComparison.Ordinal);
            Assert.True(index > last, $"\"{part}\" is missing or not in its place:\n{text}");
            Assert.True(part == "🔑 Key" || text.LastIndexOf($"\n{part.Split(' ')[0]}", StringComparison.Ordinal) == index, $"\"{part}\" is there twice:\n{text}");
            last = index;
        }
    }

    /// <summary>As operators' own scripts read it: <c>grep "总剩余配额" FILE | grep -o "[0-9]*"</c>.</summary>
    private async Task GrepsAsync(params (string Label, int Value)[] expected)
    {
        foreach (var (label, value) in expected)
        {
            await using var grep = ChildProcess.Start("bash", ["-c", """grep "$1" "$2" | grep -o "[0-9]*" """, "bash", label, File], _folder.FullName);
            await grep.WaitForExitAsync();
            Assert.Equal((label, $"{value}\n"), (label, grep.Log));
        }
    }

    private Task<(int Code, string Log)> AlertAsync(Webhook hook, params string[] arguments) => RunScriptAsync(
        Alert, [new("QUOTA_WEBHOOK_URL", hook.Address)], ["--state", Path.Combine(_folder.FullName, "state"), .. arguments]);

    private async Task<int> RunAsync(string script, params string[] arguments) => (await RunScriptAsync(script, [], arguments)).Code;

    private Task<(int Code, string Log)> RunScriptAsync(string script, KeyValuePair<string, string?>[] environment, params string[] arguments) =>
        RunAsync(Repository.PathOf("scripts", script), environment, arguments);

    private async Task<(int Code, string Log)> RunAsync(string program, KeyValuePair<string, string?>[] environment, string[] arguments)
    {
        Dictionary<string, string?> all = new() { ["QUOTA_URL"] = Url, ["ADMIN_TOKEN"] = AppSettings.AdminToken, ["ADMIN_READONLY_TOKEN"] = null, ["REPORT_LANGUAGE"] = null };
        foreach (var (name, value) in environment)
        {
            all[name] = value;
        }

        await using var process = ChildProcess.Start(program, arguments, _folder.FullName, all);
        process.CloseInput();
        var code = await process.WaitForExitAsync(TimeSpan.FromMinutes(1));
        output.WriteLine(process.Log);
        return (code, process.Log);
    }

    [GeneratedRegex("^Report file: (.*)$", RegexOptions.Multiline)]
    private static partial Regex ReportFile();
}
