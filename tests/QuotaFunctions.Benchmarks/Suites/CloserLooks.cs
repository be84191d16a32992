using System.Globalization;
using Azure.Data.Tables;
using QuotaFunctions.Benchmarks.Loads;
using QuotaFunctions.Benchmarks.Peers;
using QuotaFunctions.Benchmarks.Reporting;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks.Suites;

/// <summary>Single loads for a closer look, each on an Azurite of its own, all held against the naive loop of the same run.</summary>
internal static class CloserLooks
{
    private const int ManyClients = 64;
    private const int ProcessCount = 8;
    private const int KeyCount = 1000;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);

    // Eight processes that were just started compile that long on two cores; one process gets the same, so that the log is as long.
    private static readonly TimeSpan ProcessesWarmUp = TimeSpan.FromSeconds(15);

    /// <summary>What can be chosen.</summary>
    public static readonly IReadOnlyList<string> Names = ["processes", "engine", "refusals", "zipf", "scrape", "history", "retention", "export"];

    public static async Task RunAsync(IReadOnlyCollection<string> chosen)
    {
        var duration = TimeSpan.FromSeconds(6);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{Environment.ProcessorCount} cores, .NET {Environment.Version}, {duration.TotalSeconds:N0} s each, Azurite on the same cores\n"));
        var report = new LoadTable();

        // Always: it is what all others are compared to.
        await NaiveAsync(report, duration);
        if (chosen.Contains("processes"))
        {
            foreach (var clients in (int[])[ManyClients, ManyClients * ProcessCount])
            {
                await ProcessesAsync(report, duration, clients, 1, "one process, one key");
                await ProcessesAsync(report, duration, clients, ProcessCount, $"{ProcessCount} processes, a key for each", keys: ProcessCount);
                await ProcessesAsync(report, duration, clients, ProcessCount, $"{ProcessCount} processes with leases, one key");
                await ProcessesAsync(report, duration, clients, ProcessCount, $"{ProcessCount} processes without leases, one key", leases: "off");
            }

            // As instances are that have machines of their own: what the others leave free, none of them gets.
            const string each = "a tenth of a core for each";
            await ProcessesAsync(report, duration, ManyClients, 1, $"one process, one key, {each}", cores: 0.1);
            await ProcessesAsync(report, duration, ManyClients, ProcessCount, $"{ProcessCount} processes with leases, one key, {each}", cores: 0.1);
        }

        if (chosen.Contains("engine"))
        {
            foreach (var clients in (int[])[1, 8, ManyClients, 256])
            {
                await EngineAsync(report, duration, clients);
            }
        }

        if (chosen.Contains("refusals"))
        {
            await HttpRefusalsAsync(report, duration);
            await RefusalsAsync(report, duration);
        }

        if (chosen.Contains("zipf"))
        {
            await ZipfAsync(report, duration);
        }

        if (chosen.Contains("scrape"))
        {
            await ReadingBenchmarks.ScrapeAsync(duration);
        }

        if (chosen.Contains("history"))
        {
            await ReadingBenchmarks.HistoryAsync();
        }

        if (chosen.Contains("retention"))
        {
            await RetentionBenchmark.RunAsync(duration);
        }

        if (chosen.Contains("export"))
        {
            await ExportBenchmark.RunAsync();
        }
    }

    /// <summary>Puts a load on an engine in this process.</summary>
    private static async Task OnFreshStorageAsync(Func<AzuriteProcess, EngineInstance, Task> load)
    {
        await using var azurite = await AzuriteProcess.StartAsync();
        await using var engine = await EngineInstance.StartAsync(azurite.ConnectionString);
        await load(azurite, engine);
    }

    private static Task NaiveAsync(LoadTable report, TimeSpan duration) => OnFreshStorageAsync(async (azurite, _) =>
    {
        var naive = new NaiveLoop(new TableServiceClient(azurite.ConnectionString).GetTableClient("naive"), counters: 1);
        await naive.PrepareAsync();
        report.AddNaive(ManyClients, await Clients.RunAsync(ManyClients, duration, naive.TakeAsync));
    });

    private static Task EngineAsync(LoadTable report, TimeSpan duration, int clients) => OnFreshStorageAsync(async (_, engine) =>
    {
        var key = await engine.NewKeyAsync(QuotaService.PlentyOfQuota);
        report.Add("engine, one key", clients, await Clients.RunAsync(clients, duration, cancellation => engine.ChargeAsync(key, cancellation)));
    });

    private static Task RefusalsAsync(LoadTable report, TimeSpan duration) => OnFreshStorageAsync(async (_, engine) =>
    {
        var key = await engine.NewKeyAsync(0);
        report.Add("engine, refusals of an empty key", ManyClients,
            await Clients.RunAsync(ManyClients, duration, async cancellation => !await engine.ChargeAsync(key, cancellation)));
    });

    private static Task ZipfAsync(LoadTable report, TimeSpan duration) => OnFreshStorageAsync(async (_, engine) =>
    {
        var keys = await Task.WhenAll(Enumerable.Range(0, KeyCount).Select(_ => engine.NewKeyAsync(QuotaService.PlentyOfQuota)));
        var zipf = new Zipf(KeyCount);
        report.Add($"engine, {KeyCount} keys, Zipf", ManyClients,
            await Clients.RunAsync(ManyClients, duration, cancellation => engine.ChargeAsync(keys[zipf.Next()], cancellation)));
    });

    private static async Task HttpRefusalsAsync(LoadTable report, TimeSpan duration)
    {
        await using var service = await QuotaService.StartAsync();
        var empty = await service.NewKeysAsync(1, quota: 0);
        var load = new HttpLoad(service.Address, [HttpMessages.Consume(empty[0])], ManyClients, expectedStatus: 429);
        await load.RunAsync(WarmUp);
        report.Add("POST /quota/consume, refusals of an empty key", ManyClients, await load.RunAsync(duration));
    }

    /// <summary>Some processes, and one key for all of them or one for each; where <paramref name="cores"/> is given, with so much of a core for each.</summary>
    private static async Task ProcessesAsync(
        LoadTable report, TimeSpan duration, int clients, int count, string what, int keys = 1, string leases = "auto", double? cores = null)
    {
        var shares = new List<ProcessorShare>();
        await using (var service = await QuotaService.StartAsync(count, new Dictionary<string, string?> { ["QUOTA_LEASES"] = leases }))
        {
            var secrets = await service.NewKeysAsync(keys);
            var load = new HttpLoad([.. service.Apps.Select((app, index) => new LoadTarget(app.BaseAddress, [HttpMessages.Consume(secrets[index % keys])]))], clients);
            await load.RunAsync(ProcessesWarmUp);
            if (cores is { } share)
            {
                // Only now: compiling is not what is measured.
                shares.AddRange(service.Apps.Select(app => ProcessorShare.TryGive(app.Id, share)).OfType<ProcessorShare>());
                if (shares.Count == count)
                {
                    await load.RunAsync(WarmUp);
                }
            }

            if (cores is null || shares.Count == count)
            {
                var (granted, byProcess) = await load.RunOnEachAsync(duration);
                var least = string.Create(CultureInfo.InvariantCulture, $"least share of a process {100.0 * byProcess.Min() / Math.Max(1, granted.Succeeded):N1} %");
                report.Add(what, clients, granted, count == 1 ? "" : least);
            }
            else
            {
                LoadTable.Note(what, "not measured: this machine's control groups are not ours to set");
            }
        }

        shares.ForEach(share => share.Dispose());
    }
}
