using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using QuotaFunctions.Benchmarks.Loads;
using QuotaFunctions.Benchmarks.Peers;
using QuotaFunctions.Benchmarks.Reporting;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks.Suites;

/// <summary>Retention runs over old rows of the log: what they cost those who charge meanwhile, and what memory they take.</summary>
internal static class RetentionBenchmark
{
    // Azurite goes through its whole index for each row that it deletes: a million of them would take most of a day
    private const int OldRows = 8_000;
    private const int Rounds = 5;
    private const int ManyClients = 64;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(15);

    /// <summary>Charges before, during and after a run, round by round: the log grows with each load, and Azurite slows down with it.</summary>
    public static async Task RunAsync(TimeSpan duration)
    {
        // In memory: else Azurite stops, again and again, to save all rows
        await using var service = await QuotaService.StartAsync(inMemory: true);
        var hot = await service.NewKeysAsync(1);
        using var client = new HttpClient { BaseAddress = service.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AppSettings.AdminToken);
        var load = new HttpLoad(service.Address, [HttpMessages.Consume(hot[0])], ManyClients);
        await MeasureAsync(WarmUp);
        var (ratios, minutes, peak, deleted) = (new List<double>(), 0.0, 0.0, 0L);
        for (var round = 0; round < Rounds; round++)
        {
            await OldLog.FillAsync(service.Engine, OldRows);
            var before = await MeasureAsync(duration);
            using var begun = await client.PostAsync("/manage/retention/run", content: null);
            begun.EnsureSuccessStatusCode();
            var start = TimeProvider.System.GetTimestamp();
            var during = (await load.RunAsync(duration)).PerSecond;
            if (!await IsRunningAsync(client))
            {
                throw new InvalidOperationException("The run was over before the load was.");
            }

            do
            {
                peak = Math.Max(peak, QuotaService.ResidentMiB(service.Apps[0].Id));
                await Task.Delay(TimeSpan.FromSeconds(0.5), TimeProvider.System);
            }
            while (await IsRunningAsync(client));
            minutes += TimeProvider.System.GetElapsedTime(start).TotalMinutes;
            deleted += (await StatusAsync(client)).GetProperty("last_cleanup_count").GetInt64();
            await service.WaitForLogAsync();
            var after = await MeasureAsync(duration);
            ratios.Add(2 * during / (before + after));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"retention: {before:N0}, {during:N0}, {after:N0} charges a second"));
        }

        LoadTable.Note(
            "POST /quota/consume while retention runs, to before and after it",
            string.Create(CultureInfo.InvariantCulture, $"{Statistics.Median(ratios):N3} (median of {Rounds} rounds, {ratios.Min():N2} to {ratios.Max():N2})"));
        LoadTable.Note(
            "the runs", string.Create(CultureInfo.InvariantCulture, $"{deleted:N0} rows in {minutes:N1} minutes; {peak:N0} MiB resident at the most"));

        // Its log is written before anything else is measured
        async Task<double> MeasureAsync(TimeSpan time)
        {
            var perSecond = (await load.RunAsync(time)).PerSecond;
            await service.WaitForLogAsync();
            return perSecond;
        }
    }

    private static async Task<bool> IsRunningAsync(HttpClient client) => (await StatusAsync(client)).GetProperty("running").GetBoolean();

    private static async Task<JsonElement> StatusAsync(HttpClient client)
    {
        using var document = JsonDocument.Parse(await client.GetByteArrayAsync("/manage/retention"));
        return document.RootElement.Clone();
    }
}
