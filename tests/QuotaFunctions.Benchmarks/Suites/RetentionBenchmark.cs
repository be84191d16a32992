using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using QuotaFunctions.Benchmarks.Loads;
using QuotaFunctions.Benchmarks.Peers;
using QuotaFunctions.Benchmarks.Reporting;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks.Suites;

/// <summary>A retention run over a long log: what it costs those who charge meanwhile, and what memory it takes.</summary>
internal static class RetentionBenchmark
{
    // Azurite goes through its whole index for each row that it deletes: a million of them would take most of a day
    private const int OldRows = 40_000;
    private const int ManyClients = 64;
    private const int Spans = 5;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10);

    /// <summary>Charges before, during and after the beginning of a run; then the run alone, to its end.</summary>
    public static async Task RunAsync(TimeSpan duration)
    {
        // In memory: else Azurite stops, again and again, to save all rows
        await using var service = await QuotaService.StartAsync(inMemory: true);
        await OldLog.FillAsync(service.Engine, OldRows);
        var hot = await service.NewKeysAsync(1);
        using var client = new HttpClient { BaseAddress = service.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AppSettings.AdminToken);
        var load = new HttpLoad(service.Address, [HttpMessages.Consume(hot[0])], ManyClients);
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

        var memory = QuotaService.ResidentMiB(service.Apps[0].Id);
        var peak = memory;
        while (await IsRunningAsync(client))
        {
            peak = Math.Max(peak, QuotaService.ResidentMiB(service.Apps[0].Id));
            await Task.Delay(TimeSpan.FromSeconds(0.5), TimeProvider.System);
        }

        var time = TimeProvider.System.GetElapsedTime(start);
        var after = await MeasureAsync(load, duration);
        var status = await StatusAsync(client);
        LoadTable.Note(
            "POST /quota/consume while retention runs, to before and after it",
            string.Create(CultureInfo.InvariantCulture, $"{2 * during / (before + after):N3} ({before:N0}, {during:N0}, {after:N0} a second)"));
        LoadTable.Note(
            "a retention run",
            string.Create(CultureInfo.InvariantCulture, $"{status.GetProperty("last_cleanup_count").GetInt64():N0} rows in {time.TotalMinutes:N1} minutes; {memory:N0} MiB resident as the load ended, {peak:N0} MiB at the most"));
    }

    private static async Task<double> MeasureAsync(HttpLoad load, TimeSpan duration)
    {
        var spans = new List<double>();
        for (var span = 0; span < Spans; span++)
        {
            spans.Add((await load.RunAsync(duration)).PerSecond);
        }

        return spans.Average();
    }

    private static async Task<bool> IsRunningAsync(HttpClient client) => (await StatusAsync(client)).GetProperty("running").GetBoolean();

    private static async Task<JsonElement> StatusAsync(HttpClient client)
    {
        using var document = JsonDocument.Parse(await client.GetByteArrayAsync("/manage/retention"));
        return document.RootElement.Clone();
    }
}
