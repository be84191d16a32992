using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests.Telemetry;

/// <summary>A real Prometheus with the configuration of <c>infra/monitoring</c>, which scrapes one app every second. It ends with the test process.</summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    // What it is started from holds its standard input: when that closes, even because the test process was killed, it ends.
    private const string EndWithParent = """exec 3<&0; "$@" </dev/null & pid=$!; { cat <&3; kill "$pid"; } >/dev/null 2>&1 & wait "$pid" """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("prometheus-");
    private readonly HttpClient _client = new();
    private ChildProcess? _process;

    private PrometheusServer()
    {
    }

    /// <summary>Starts one, and returns when it is ready.</summary>
    /// <param name="target">The app to scrape.</param>
    /// <param name="token">The token to scrape it with.</param>
    public static async Task<PrometheusServer> StartAsync(Uri target, string token)
    {
        var server = new PrometheusServer();
        try
        {
            await server.StartProcessAsync(target, token);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>What a query yields now: one element a series.</summary>
    public async Task<IReadOnlyList<JsonElement>> QueryAsync(string query) =>
        [.. (await GetAsync($"/api/v1/query?query={Uri.EscapeDataString(query)}")).GetProperty("result").EnumerateArray()];

    /// <summary>The alert rules, as Prometheus has read them.</summary>
    public async Task<IReadOnlyList<JsonElement>> RulesAsync() =>
        [.. (await GetAsync("/api/v1/rules?type=alert")).GetProperty("groups").EnumerateArray().SelectMany(group => group.GetProperty("rules").EnumerateArray())];

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        if (_process is not null)
        {
            _process.CloseInput();
            await _process.WaitForExitAsync();
            await _process.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }

    private async Task StartProcessAsync(Uri target, string token)
    {
        var configuration = Changed(
            await File.ReadAllTextAsync(Repository.PathOf("infra", "monitoring", "prometheus.yml")),
            ("example.azurewebsites.net", target.Authority),
            ("scheme: https", $"scheme: {target.Scheme}"),
            ("scrape_interval: 15s", "scrape_interval: 1s"),
            ("evaluation_interval: 15s", "evaluation_interval: 1s"));
        await File.WriteAllTextAsync(PathOf("prometheus.yml"), configuration);
        await File.WriteAllTextAsync(PathOf("quotafunctions-metrics-token"), token);
        File.Copy(Repository.PathOf("infra", "monitoring", "alerts.yml"), PathOf("alerts.yml"));

        var port = FreePorts.Take(1)[0];
        _client.BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        _process = ChildProcess.Start(
            "bash",
            [
                "-c", EndWithParent, "bash", Repository.PathOf("scripts", "debian-program.sh"), "prometheus", "prometheus",
                "--config.file", PathOf("prometheus.yml"), "--storage.tsdb.path", PathOf("data"), "--web.listen-address", _client.BaseAddress.Authority,
            ],
            _folder.FullName);
        await Eventually.TrueAsync(
            async () => _process.HasExited || (await _client.GetAsync("/-/ready")).IsSuccessStatusCode, TimeSpan.FromMinutes(2), "Prometheus is ready");
        Assert.False(_process.HasExited, _process.Log);
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);

    private async Task<JsonElement> GetAsync(string path)
    {
        using var response = await _client.GetAsync(path);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(answer.GetProperty("status").GetString() == "success", $"{Uri.UnescapeDataString(path)}: {answer}");
        return answer.GetProperty("data");
    }

    private static string Changed(string text, params (string From, string To)[] changes)
    {
        foreach (var (from, to) in changes)
        {
            Assert.Contains(from, text, StringComparison.Ordinal);
            text = text.Replace(from, to, StringComparison.Ordinal);
        }

        return text;
    }
}
