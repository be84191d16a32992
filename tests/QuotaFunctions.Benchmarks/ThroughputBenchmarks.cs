using System.Globalization;
using Azure.Data.Tables;
using Azure.Storage.Queues;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks;

/// <summary>The loads, one after the other, on one Azurite, so that their ratios mean something on any machine.</summary>
internal static class ThroughputBenchmarks
{
    private const int ManyClients = 64;
    private const int ProcessCount = 8;
    private const int KeyCount = 1000;
    private const long PlentyOfQuota = 1_000_000_000;

    // A process that was just started compiles for a while yet: eight of them on the same cores for longer.
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(IReadOnlyCollection<string> chosen, TimeSpan duration)
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{Environment.ProcessorCount} cores, .NET {Environment.Version}, {duration.TotalSeconds:N0} s each, Azurite on the same cores\n"));
        await using var azurite = await AzuriteProcess.StartAsync();
        var report = new Report();

        // Always: it is what all others are compared to.
        var naive = new NaiveLoop(new TableServiceClient(azurite.ConnectionString).GetTableClient("naive"));
        await naive.PrepareAsync();
        report.AddNaive(ManyClients, await Clients.RunAsync(ManyClients, duration, naive.TakeAsync));

        await using var engine = await EngineInstance.StartAsync(azurite.ConnectionString);
        if (chosen.Contains("http"))
        {
            await HttpAsync(azurite, engine, report, duration);
        }

        if (chosen.Contains("processes"))
        {
            foreach (var clients in (int[])[ManyClients, ManyClients * ProcessCount])
            {
                await ProcessesAsync(report, duration, clients, 1, "one process", "auto");
                await ProcessesAsync(report, duration, clients, ProcessCount, $"{ProcessCount} processes with leases", "auto");
                await ProcessesAsync(report, duration, clients, ProcessCount, $"{ProcessCount} processes without leases", "off");
            }
        }

        if (chosen.Contains("memory"))
        {
            await MemoryAsync(azurite);
        }

        // Last: nobody consumes what these send to be logged.
        if (chosen.Contains("engine"))
        {
            await EngineAsync(engine, report, duration);
        }

        if (chosen.Contains("refusals"))
        {
            await RefusalsAsync(engine, report, duration);
        }

        if (chosen.Contains("zipf"))
        {
            await ZipfAsync(engine, report, duration);
        }
    }

    private static async Task EngineAsync(EngineInstance engine, Report report, TimeSpan duration)
    {
        foreach (var clients in (int[])[1, 8, ManyClients, 256])
        {
            var key = await engine.NewKeyAsync(PlentyOfQuota);
            report.Add("engine, one key", clients, await Clients.RunAsync(clients, duration, cancellation => engine.ChargeAsync(key, cancellation)));
            await engine.SettleDownAsync();
        }
    }

    private static async Task RefusalsAsync(EngineInstance engine, Report report, TimeSpan duration)
    {
        var key = await engine.NewKeyAsync(0);
        report.Add("engine, refusals of an empty key", ManyClients,
            await Clients.RunAsync(ManyClients, duration, async cancellation => !await engine.ChargeAsync(key, cancellation)));
    }

    private static async Task ZipfAsync(EngineInstance engine, Report report, TimeSpan duration)
    {
        var keys = await Task.WhenAll(Enumerable.Range(0, KeyCount).Select(_ => engine.NewKeyAsync(PlentyOfQuota)));
        var zipf = new Zipf(KeyCount);
        report.Add($"engine, {KeyCount} keys, Zipf", ManyClients,
            await Clients.RunAsync(ManyClients, duration, cancellation => engine.ChargeAsync(keys[zipf.Next()], cancellation)));
        await engine.SettleDownAsync();
    }

    private static async Task HttpAsync(AzuriteProcess azurite, EngineInstance engine, Report report, TimeSpan duration)
    {
        var hot = (await engine.NewKeyAsync(PlentyOfQuota)).Reveal();
        var empty = (await engine.NewKeyAsync(0)).Reveal();
        await using var app = await StartAppAsync(azurite);
        foreach (var clients in (int[])[1, ManyClients])
        {
            var (granted, _) = await new HttpLoad([app.BaseAddress], clients, hot).RunAsync(WarmUp, duration);
            report.Add("POST /quota/consume, one key", clients, granted);
        }

        var (refused, _) = await new HttpLoad([app.BaseAddress], ManyClients, empty, expectedStatus: 429).RunAsync(WarmUp, duration);
        report.Add("POST /quota/consume, refusals of an empty key", ManyClients, refused);
        await LogIsWrittenAsync(azurite);
    }

    /// <summary>Some processes and one key, on an Azurite that nobody has used yet: its tables grow slower with every row of the log.</summary>
    private static async Task ProcessesAsync(Report report, TimeSpan duration, int clients, int count, string who, string leases)
    {
        await using var azurite = await AzuriteProcess.StartAsync();
        await using var engine = await EngineInstance.StartAsync(azurite.ConnectionString);
        var hot = (await engine.NewKeyAsync(PlentyOfQuota)).Reveal();
        var apps = new List<AppProcess>();
        try
        {
            for (var i = 0; i < count; i++)
            {
                apps.Add(await StartAppAsync(azurite, leases, withTimer: i == 0));
            }

            var (granted, byProcess) = await new HttpLoad([.. apps.Select(app => app.BaseAddress)], clients, hot)
                .RunAsync(count > 1 ? 3 * WarmUp : WarmUp, duration);
            report.Add($"{who}, one key", clients, granted, string.Create(
                CultureInfo.InvariantCulture, $"least share of a process {100.0 * byProcess.Min() / Math.Max(1, granted.Succeeded):N1} %"));
        }
        finally
        {
            foreach (var app in apps)
            {
                await app.DisposeAsync();
            }
        }
    }

    /// <summary>Waits until the log is written, so that one measurement does not pay for the one before.</summary>
    private static async Task LogIsWrittenAsync(AzuriteProcess azurite)
    {
        var queue = new QueueServiceClient(azurite.ConnectionString).GetQueueClient(StorageNames.AuditEventsQueue);
        try
        {
            await Eventually.TrueAsync(
                async () => (await queue.GetPropertiesAsync()).Value.ApproximateMessagesCount == 0, TimeSpan.FromMinutes(1), "the log is written");
        }
        catch (TimeoutException)
        {
            Report.Note("the log", "not written within a minute: the next line pays for it");
        }
    }

    private static async Task MemoryAsync(AzuriteProcess azurite)
    {
        await using var app = await StartAppAsync(azurite);
        await Task.Delay(TimeSpan.FromSeconds(10), TimeProvider.System);
        var resident = File.ReadLines($"/proc/{app.Id}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        var kib = long.Parse(resident.AsSpan("VmRSS:".Length).Trim().TrimEnd(" kB"), CultureInfo.InvariantCulture);
        Report.Note("the service, idle", $"{kib / 1024} MiB resident");
    }

    private static async Task<AppProcess> StartAppAsync(AzuriteProcess azurite, string leases = "auto", bool withTimer = true)
    {
        var settings = AppSettings.For(azurite.ConnectionString);
        settings["TABLE_PREFIX"] = "bench";
        settings["QUOTA_LEASES"] = leases;

        // The Functions host runs a timer on one of its instances, LocalHost on each.
        settings["AzureWebJobs.SweepSettlements.Disabled"] = withTimer ? "false" : "true";
        var app = await AppProcess.StartAsync(settings);

        // On a signal, too, it ends with this process.
        AppDomain.CurrentDomain.ProcessExit += (_, _) => _ = app.KillAsync();
        return app;
    }
}
