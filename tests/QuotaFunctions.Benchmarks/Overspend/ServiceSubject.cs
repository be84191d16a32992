using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks.Overspend;

/// <summary>Ours.</summary>
internal sealed class ServiceSubject(FaultyStorage storage, bool waitForLog) : ISubject
{
    private const int MaxDownloads = 3;

    // Contract: every admitted request is in the log within two minutes. The rest is for a machine that is busy with the end of the load.
    private static readonly TimeSpan LogBound = TimeSpan.FromMinutes(5);
    private readonly HttpClient _http = new() { DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", AppSettings.AdminToken) } };
    private string _key = "";

    public async Task<IAsyncDisposable> StartProcessAsync(int port, CancellationToken cancellationToken)
    {
        var app = await AppProcess.StartAsync(AppSettings.For(storage.Proxy.ConnectionString), port: port, cancellationToken: cancellationToken);

        // On a signal, too, it ends with this process.
        AppDomain.CurrentDomain.ProcessExit += (_, _) => _ = app.KillAsync();
        return app;
    }

    public async Task<string> CreateKeyAsync(long quota, Uri process, CancellationToken cancellationToken)
    {
        using var response = await _http.PostAsJsonAsync(new Uri(process, "/manage/keys"), new { name = "overspend", quota }, cancellationToken);
        var created = await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonObject>(cancellationToken);
        _key = created!["id"]!.GetValue<string>();
        return created["key"]!.GetValue<string>();
    }

    public Task BreakStorageAsync() => Task.CompletedTask;

    public async Task<Books> ReadBooksAsync(Uri process, CancellationToken cancellationToken)
    {
        await storage.CalmAsync();
        var address = new Uri(process, $"/manage/keys/{_key}/");
        var used = await Eventually.GetAsync(() => VerifyAsync(address, cancellationToken), LogBound, "the books are balanced");
        return new Books(used.Value, waitForLog ? await DownloadLogAsync(address, cancellationToken) : null);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await storage.DisposeAsync();
    }

    /// <summary>What is used, once the books are balanced and, where the log is read, all of it is in there.</summary>
    private async Task<Used?> VerifyAsync(Uri address, CancellationToken cancellationToken)
    {
        var books = (await _http.GetFromJsonAsync<JsonObject>(new Uri(address, "verify"), cancellationToken))!;
        var used = Number("used");
        var settled = books["balanced"]!.GetValue<bool>() && (!waitForLog || (Number("unsettled") == 0 && Number("audited") == used));
        return settled ? new Used(used) : null;

        long Number(string name) => books[name]!.GetValue<long>();
    }

    /// <summary>Reads the log, and anew where the connection breaks: a long run is not to be lost for that.</summary>
    private async Task<IReadOnlyList<string>> DownloadLogAsync(Uri address, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await ReadLogAsync(address, cancellationToken);
            }
            catch (IOException exception) when (attempt < MaxDownloads)
            {
                await Console.Error.WriteLineAsync($"the log: {exception.Message}; read anew");
            }
        }
    }

    private async Task<IReadOnlyList<string>> ReadLogAsync(Uri address, CancellationToken cancellationToken)
    {
        var charges = new List<string>();
        await using var stream = await _http.GetStreamAsync(new Uri(address, "logs?format=ndjson"), cancellationToken);
        using var reader = new StreamReader(stream);
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            var row = JsonSerializer.Deserialize<LogRow>(line, JsonSerializerOptions.Web)!;
            if (row is { Reference: { } request, Cost: > 0 })
            {
                charges.Add(request);
            }
        }

        return charges;
    }

    private sealed record LogRow(string? Reference, long Cost);

    private sealed record Used(long Value);
}
