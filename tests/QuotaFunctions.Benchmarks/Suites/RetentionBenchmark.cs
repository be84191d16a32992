using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using QuotaFunctions.Benchmarks.Loads;
using QuotaFunctions.Benchmarks.Peers;
using QuotaFunctions.Benchmarks.Reporting;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks.Suites;

/// <summary>Retention runs over old rows of the log: what they cost those who charge meanwhile, and what memory they take.</summary>
internal sealed class RetentionBenchmark : IDisposable
{
    // Azurite goes through its whole index for each row that it deletes: a million of them would take most of a day
    private const int OldRows = 4_000;
    private const int Rounds = 7;
    private const int ManyClients = 64;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(15);

    private readonly QuotaService _service;
    private readonly HttpClient _client;
    private readonly HttpLoad _load;
    private double _minutes;
    private double _peakMiB;
    private long _deleted;

    private RetentionBenchmark(QuotaService service, string key)
    {
        _service = service;
        _client = new HttpClient { BaseAddress = service.Address };
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AppSettings.AdminToken);
        _load = new HttpLoad(service.Address, [HttpMessages.Consume(key)], ManyClients);
    }

    /// <summary>
    /// Charges before, during and after a run, round by round. The log grows with each load, and Azurite slows down with it; what else comes and goes on the
    /// machine is told by three such loads in the same round without a run.
    /// </summary>
    public static async Task RunAsync(TimeSpan duration)
    {
        // In memory: else Azurite stops, again and again, to save all rows
        await using var service = await QuotaService.StartAsync(inMemory: true);
        using var benchmark = new RetentionBenchmark(service, (await service.NewKeysAsync(1))[0]);
        await benchmark.MeasureAsync(WarmUp);
        var (runs, without) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            await OldLog.FillAsync(service.Engine, OldRows);
            var before = await benchmark.MeasureAsync(duration);
            var during = await benchmark.MeasureWithRunAsync(duration);
            var after = await benchmark.MeasureAsync(duration);
            var between = await benchmark.MeasureAsync(duration);
            var last = await benchmark.MeasureAsync(duration);
            runs.Add(2 * during / (before + after));
            without.Add(2 * between / (after + last));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"retention: {before:N0}, {during:N0} with a run, {after:N0}, {between:N0}, {last:N0} charges a second"));
        }

        LoadTable.Note("POST /quota/consume while retention runs, to before and after it", Statistics.Describe(runs, "rounds"));
        LoadTable.Note("the same without a run", Statistics.Describe(without, "rounds"));
        LoadTable.Note("the runs", string.Create(
            CultureInfo.InvariantCulture, $"{benchmark._deleted:N0} rows in {benchmark._minutes:N1} minutes; {benchmark._peakMiB:N0} MiB resident at the most"));
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    /// <summary>Charges a second. Their log is written before anything else is measured.</summary>
    private async Task<double> MeasureAsync(TimeSpan duration)
    {
        var perSecond = (await _load.RunAsync(duration)).PerSecond;
        await _service.WaitForLogAsync();
        return perSecond;
    }

    /// <summary>Begins a run, measures while it goes on, and waits for its end.</summary>
    private async Task<double> MeasureWithRunAsync(TimeSpan duration)
    {
        using var begun = await _client.PostAsync("/manage/retention/run", content: null);
        begun.EnsureSuccessStatusCode();
        var start = TimeProvider.System.GetTimestamp();
        var perSecond = (await _load.RunAsync(duration)).PerSecond;
        if (!await IsRunningAsync())
        {
            throw new InvalidOperationException("The run was over before the load was.");
        }

        do
        {
            _peakMiB = Math.Max(_peakMiB, QuotaService.ResidentMiB(_service.Apps[0].Id));
            await Task.Delay(TimeSpan.FromSeconds(0.5), TimeProvider.System);
        }
        while (await IsRunningAsync());
        _minutes += TimeProvider.System.GetElapsedTime(start).TotalMinutes;
        _deleted += (await StatusAsync()).GetProperty("last_cleanup_count").GetInt64();
        await _service.WaitForLogAsync();
        return perSecond;
    }

    private async Task<bool> IsRunningAsync() => (await StatusAsync()).GetProperty("running").GetBoolean();

    private async Task<JsonElement> StatusAsync()
    {
        using var document = JsonDocument.Parse(await _client.GetByteArrayAsync("/manage/retention"));
        return document.RootElement.Clone();
    }
}
