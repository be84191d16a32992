using System.Globalization;
using Azure.Data.Tables;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks;

/// <summary>The loads, one after the other in one run, each on an Azurite of its own, so that their ratios mean something on any machine.</summary>
internal static class ThroughputBenchmarks
{
    /// <summary>A quota that no load uses up.</summary>
    public const long PlentyOfQuota = 1_000_000_000;

    private const int ManyClients = 64;
    private const int ProcessCount = 8;
    private const int KeyCount = 1000;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);

    // Eight processes that were just started compile that long on two cores; one process gets the same, so that the log is as long.
    private static readonly TimeSpan ProcessesWarmUp = TimeSpan.FromSeconds(15);

    public static async Task RunAsync(IReadOnlyCollection<string> chosen, TimeSpan duration)
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{Environment.ProcessorCount} cores, .NET {Environment.Version}, {duration.TotalSeconds:N0} s each, Azurite on the same cores\n"));
        var report = new Report();

        // Always: it is what all others are compared to.
        await NaiveAsync(report, duration);
        if (chosen.Contains("http"))
        {
            await HttpAsync(report, duration, 1);
            await HttpAsync(report, duration, ManyClients);
            await HttpRefusalsAsync(report, duration);
        }

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

        if (chosen.Contains("memory"))
        {
            await MemoryAsync();
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

    /// <summary>Puts a load on an Azurite that nobody has used yet: its tables grow slower with every row of the log.</summary>
    private static async Task OnFreshStorageAsync(Func<AzuriteProcess, EngineInstance, Task> load)
    {
        await using var azurite = await AzuriteProcess.StartAsync();
        await using var engine = await EngineInstance.StartAsync(azurite.ConnectionString);
        await load(azurite, engine);
    }

    private static Task NaiveAsync(Report report, TimeSpan duration) => OnFreshStorageAsync(async (azurite, _) =>
    {
        var naive = new NaiveLoop(new TableServiceClient(azurite.ConnectionString).GetTableClient("naive"));
        await naive.PrepareAsync();
        report.AddNaive(ManyClients, await Clients.RunAsync(ManyClients, duration, naive.TakeAsync));
    });

    private static Task EngineAsync(Report report, TimeSpan duration, int clients) => OnFreshStorageAsync(async (_, engine) =>
    {
        var key = await engine.NewKeyAsync(PlentyOfQuota);
        report.Add("engine, one key", clients, await Clients.RunAsync(clients, duration, cancellation => engine.ChargeAsync(key, cancellation)));
    });

    private static Task RefusalsAsync(Report report, TimeSpan duration) => OnFreshStorageAsync(async (_, engine) =>
    {
        var key = await engine.NewKeyAsync(0);
        report.Add("engine, refusals of an empty key", ManyClients,
            await Clients.RunAsync(ManyClients, duration, async cancellation => !await engine.ChargeAsync(key, cancellation)));
    });

    private static Task ZipfAsync(Report report, TimeSpan duration) => OnFreshStorageAsync(async (_, engine) =>
    {
        var keys = await Task.WhenAll(Enumerable.Range(0, KeyCount).Select(_ => engine.NewKeyAsync(PlentyOfQuota)));
        var zipf = new Zipf(KeyCount);
        report.Add($"engine, {KeyCount} keys, Zipf", ManyClients,
            await Clients.RunAsync(ManyClients, duration, cancellation => engine.ChargeAsync(keys[zipf.Next()], cancellation)));
    });

    private static Task HttpAsync(Report report, TimeSpan duration, int clients) => OnFreshStorageAsync(async (azurite, engine) =>
    {
        var hot = (await engine.NewKeyAsync(PlentyOfQuota)).Reveal();
        await using var app = await StartAppAsync(azurite);
        var load = new HttpLoad([app.BaseAddress], clients, [hot]);
        await load.RunAsync(WarmUp);
        var (granted, _) = await load.RunAsync(duration);
        report.Add("POST /quota/consume, one key", clients, granted);
    });

    private static Task HttpRefusalsAsync(Report report, TimeSpan duration) => OnFreshStorageAsync(async (azurite, engine) =>
    {
        var empty = (await engine.NewKeyAsync(0)).Reveal();
        await using var app = await StartAppAsync(azurite);
        var load = new HttpLoad([app.BaseAddress], ManyClients, [empty], expectedStatus: 429);
        await load.RunAsync(WarmUp);
        var (refused, _) = await load.RunAsync(duration);
        report.Add("POST /quota/consume, refusals of an empty key", ManyClients, refused);
    });

    /// <summary>Some processes, and one key for all of them or one for each; where <paramref name="cores"/> is given, with so much of a core for each.</summary>
    private static Task ProcessesAsync(
        Report report, TimeSpan duration, int clients, int count, string what, int keys = 1, string leases = "auto", double? cores = null) => OnFreshStorageAsync(async (azurite, engine) =>
    {
        var hot = (await Task.WhenAll(Enumerable.Range(0, keys).Select(_ => engine.NewKeyAsync(PlentyOfQuota)))).Select(key => key.Reveal()).ToList();
        var apps = new List<AppProcess>();
        var shares = new List<ProcessorShare>();
        try
        {
            for (var i = 0; i < count; i++)
            {
                apps.Add(await StartAppAsync(azurite, leases));
            }

            var load = new HttpLoad([.. apps.Select(app => app.BaseAddress)], clients, hot);
            await load.RunAsync(ProcessesWarmUp);
            if (cores is { } share)
            {
                // Only now: compiling is not what is measured.
                shares.AddRange(apps.Select(app => ProcessorShare.TryGive(app.Id, share)).OfType<ProcessorShare>());
                if (shares.Count < count)
                {
                    Report.Note(what, "not measured: this machine's control groups are not ours to set");
                    return;
                }

                await load.RunAsync(WarmUp);
            }

            var (granted, byProcess) = await load.RunAsync(duration);
            var least = string.Create(CultureInfo.InvariantCulture, $"least share of a process {100.0 * byProcess.Min() / Math.Max(1, granted.Succeeded):N1} %");
            report.Add(what, clients, granted, count == 1 ? "" : least);
        }
        finally
        {
            foreach (var app in apps)
            {
                await app.DisposeAsync();
            }

            shares.ForEach(share => share.Dispose());
        }
    });

    private static Task MemoryAsync() => OnFreshStorageAsync(async (azurite, _) =>
    {
        await using var app = await StartAppAsync(azurite);
        await Task.Delay(TimeSpan.FromSeconds(10), TimeProvider.System);
        Report.Note("the service, idle", $"{ResidentKiB(app) / 1024} MiB resident");
    });

    /// <summary>The memory that a process has of the machine's.</summary>
    public static long ResidentKiB(AppProcess app)
    {
        var resident = File.ReadLines($"/proc/{app.Id}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(resident.AsSpan("VmRSS:".Length).Trim().TrimEnd(" kB"), CultureInfo.InvariantCulture);
    }

    /// <summary>Starts the service on a storage, to end with this process.</summary>
    public static async Task<AppProcess> StartAppAsync(AzuriteProcess azurite, string leases = "auto")
    {
        var settings = AppSettings.For(azurite.ConnectionString);
        settings["TABLE_PREFIX"] = "bench";
        settings["QUOTA_LEASES"] = leases;
        var app = await AppProcess.StartAsync(settings);

        // On a signal, too, it ends with this process.
        AppDomain.CurrentDomain.ProcessExit += (_, _) => _ = app.KillAsync();
        return app;
    }
}
