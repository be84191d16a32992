using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks;

/// <summary>A retention run over a long log: what it costs those who charge meanwhile, and what memory it takes.</summary>
internal static class RetentionBenchmark
{
    private const int OldRows = 1_000_000;
    private const int RowsPerWrite = 6400;
    private const int ManyClients = 64;
    private const int Spans = 5;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10);

    /// <summary>Charges before, during and after the beginning of a run; then the run alone, to its end.</summary>
    public static async Task RunAsync(TimeSpan duration)
    {
        await using var azurite = await AzuriteProcess.StartAsync();
        await using var engine = await EngineInstance.StartAsync(azurite.ConnectionString);
        await FillAsync(engine);
        var hot = (await engine.NewKeyAsync(ThroughputBenchmarks.PlentyOfQuota)).Reveal();
        await using var app = await ThroughputBenchmarks.StartAppAsync(azurite);
        using var client = new HttpClient { BaseAddress = app.BaseAddress };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AppSettings.AdminToken);
        var load = new HttpLoad([app.BaseAddress], ManyClients, [hot]);
        await load.RunAsync(WarmUp);

        // The log grows, and Azurite grows slower with it: so the mean of before and after is what it is held against
        var before = await MeasureAsync(load, duration);
        using var begun = await client.PostAsync("/manage/retention/run", content: null);
        begun.EnsureSuccessStatusCode();
        var start = TimeProvider.System.GetTimestamp();
        var during = await MeasureAsync(load, duration);
        if (!await IsRunningAsync(client))
        {
            throw new InvalidOperationException("The run was over before the load was.");
        }

        var memory = ResidentMiB(app);
        var peak = memory;
        while (await IsRunningAsync(client))
        {
            peak = Math.Max(peak, ResidentMiB(app));
            await Task.Delay(TimeSpan.FromSeconds(0.5), TimeProvider.System);
        }

        var time = TimeProvider.System.GetElapsedTime(start);
        var after = await MeasureAsync(load, duration);
        var status = await StatusAsync(client);
        Report.Note(
            "POST /quota/consume while retention runs, to before and after it",
            string.Create(CultureInfo.InvariantCulture, $"{2 * during / (before + after):N3} ({before:N0}, {during:N0}, {after:N0} a second)"));
        Report.Note(
            "a retention run",
            string.Create(CultureInfo.InvariantCulture, $"{status.GetProperty("last_cleanup_count").GetInt64():N0} rows in {time.TotalMinutes:N1} minutes; {memory} MiB resident as the load ended, {peak} MiB at the most"));
    }

    /// <summary>Writes the log of a key as it was two hundred days ago, a row for each charge.</summary>
    private static async Task FillAsync(EngineInstance engine)
    {
        var issued = await engine.Services.GetRequiredService<IKeyService>()
            .CreateAsync(new KeySettings { Name = "old", Quota = 1 }, "bench", null, "benchmark", CancellationToken.None);
        var log = engine.Services.GetRequiredService<IAuditStore>();
        var start = TimeProvider.System.GetUtcNow().AddDays(-200);
        foreach (var numbers in Enumerable.Range(1, OldRows).Chunk(RowsPerWrite))
        {
            await log.WriteAsync([.. numbers.Select(number => Event(issued.Key.Id, number, start.AddSeconds(number / 100)))], CancellationToken.None);
        }
    }

    private static AuditEvent Event(string keyId, int number, DateTimeOffset at) => new()
    {
        AccountId = keyId,
        KeyId = keyId,
        Id = new ChargeId(LedgerRow.DayOf(at), number, 0),
        Entry = new AuditEntry { At = at, Outcome = "consumed", Cost = 1, RequestId = $"{number:x32}", Address = "192.0.2.1" },
    };

    private static async Task<double> MeasureAsync(HttpLoad load, TimeSpan duration)
    {
        var spans = new List<double>();
        for (var span = 0; span < Spans; span++)
        {
            spans.Add((await load.RunAsync(duration)).All.PerSecond);
        }

        return spans.Average();
    }

    private static async Task<bool> IsRunningAsync(HttpClient client) => (await StatusAsync(client)).GetProperty("running").GetBoolean();

    private static async Task<JsonElement> StatusAsync(HttpClient client)
    {
        using var document = JsonDocument.Parse(await client.GetByteArrayAsync("/manage/retention"));
        return document.RootElement.Clone();
    }

    private static long ResidentMiB(AppProcess app) => ThroughputBenchmarks.ResidentKiB(app) / 1024;
}
