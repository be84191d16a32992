using System.Globalization;
using QuotaFunctions.Benchmarks.Loads;
using QuotaFunctions.Benchmarks.Peers;
using QuotaFunctions.Benchmarks.Reporting;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks.Suites;

/// <summary>What the service takes: time to start, memory, allocations, calls to storage.</summary>
internal static class FootprintSuite
{
    private const int FillingClients = 256;
    private const int StreamClients = 500;

    // A stream takes six seconds: each client begins one, and no second one
    private static readonly TimeSpan StreamsBegin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StreamsAreOpen = TimeSpan.FromSeconds(3);

    public static async Task RunAsync(RunPlan plan, PerformanceReport report)
    {
        var table = new Table("footprint", "What it takes", "figure", "", "unit");
        await StartAsync(plan, table);
        await MemoryAsync(plan, table);
        await StreamsAsync(table);
        await AllocationsAsync(table);
        await StorageAsync(plan, table);
        report.Add(table);
    }

    private static async Task StartAsync(RunPlan plan, Table table)
    {
        await using var service = await QuotaService.StartAsync(processes: 0);
        var times = new List<double>();
        for (var round = 0; round < plan.Rounds; round++)
        {
            var start = TimeProvider.System.GetTimestamp();
            await service.AddProcessAsync();
            times.Add(TimeProvider.System.GetElapsedTime(start).TotalSeconds);
            await service.Apps[^1].TerminateAsync();
        }

        Add(table, "start of the process to the first answer", Statistics.Median(times), "s");
    }

    private static async Task MemoryAsync(RunPlan plan, Table table)
    {
        await using var service = await QuotaService.StartAsync();
        var process = service.Apps[0].Id;
        await Task.Delay(plan.IsQuick ? TimeSpan.FromSeconds(2) : TimeSpan.FromSeconds(10), TimeProvider.System);
        Add(table, "resident memory, idle", QuotaService.ResidentMiB(process), "MiB");
        var load = new HttpLoad(service.Address, [HttpMessages.Consume((await service.NewKeysAsync(1))[0])], FillingClients);
        var count = 0;
        foreach (var many in new[] { 20_000, 250_000, 500_000, 750_000, 1_000_000 }.Where(many => many <= plan.MaxCharges))
        {
            while (count < many)
            {
                count += (await load.RunAsync(plan.Duration)).Succeeded;
            }

            Add(table, string.Create(CultureInfo.InvariantCulture, $"resident memory after {many:N0} charges"), QuotaService.ResidentMiB(process), "MiB");
        }
    }

    private static async Task StreamsAsync(Table table)
    {
        await using var upstream = await NginxServer.StartUpstreamAsync();
        await using var service = await QuotaService.StartAsync(settings: new Dictionary<string, string?>
        {
            ["Providers__slow__BaseUrl"] = $"{upstream.Address}stream-slow/v1",
            ["Providers__slow__ApiKey"] = "an-upstream-key",
        });
        var key = (await service.NewKeysAsync(1))[0];
        var request = HttpMessages.Post("/providers/slow/v1/chat/completions", """{"model":"bench","messages":[],"stream":true}""", ("X-API-Key", key));
        var streams = new HttpLoad(service.Address, [request], StreamClients).RunAsync(StreamsBegin);
        await Task.Delay(StreamsAreOpen, TimeProvider.System);
        var memory = QuotaService.ResidentMiB(service.Apps[0].Id);
        var ended = await streams;
        if (ended.Succeeded != StreamClients)
        {
            throw new InvalidOperationException($"{ended.Succeeded} of {StreamClients} streams came to their end, {ended.Failed} failed.");
        }

        Add(table, $"resident memory with {StreamClients} open streams", memory, "MiB");
    }

    private static async Task AllocationsAsync(Table table)
    {
        var benchmarks = new AllocationBenchmarks();
        await benchmarks.StartAsync();
        Add(table, "allocated by a charge that comes alone", await BytesAsync(benchmarks.Alone, 1) / 1024, "KiB");
        Add(table, "allocated by one of 64 that come at once", await BytesAsync(benchmarks.AmongMany, 64) / 1024, "KiB");
        await benchmarks.StopAsync();
    }

    private static async Task<double> BytesAsync(Func<Task> charge, int charges)
    {
        const int times = 500;
        var before = 0L;
        for (var time = -times; time < times; time++)
        {
            if (time == 0)
            {
                before = GC.GetTotalAllocatedBytes(precise: true);
            }

            await charge();
        }

        return (GC.GetTotalAllocatedBytes(precise: true) - before) / ((double)times * charges);
    }

    /// <summary>All calls, those of the log and its queue as well.</summary>
    private static async Task StorageAsync(RunPlan plan, Table table)
    {
        var ports = FreePorts.Take(3);
        var azurite = await AzuriteProcess.StartAsync();
        await using var counter = await NginxServer.StartStorageCounterAsync(ports, azurite.TableEndpoint.Port, azurite.QueueEndpoint.Port);
        await using var service = await QuotaService.StartAsync(azurite, azurite.ConnectionString
            .Replace($":{azurite.TableEndpoint.Port}/", $":{ports[0]}/", StringComparison.Ordinal)
            .Replace($":{azurite.QueueEndpoint.Port}/", $":{ports[1]}/", StringComparison.Ordinal));
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{ports[2]}") };
        var key = (await service.NewKeysAsync(1))[0];
        foreach (var clients in (int[])[1, 64, 256])
        {
            var load = new HttpLoad(service.Address, [HttpMessages.Consume(key)], clients);
            await load.RunAsync(plan.WarmUp / 2);
            await service.WaitForLogAsync();
            var before = await CallsAsync(client);
            var charges = (await load.RunAsync(2 * plan.Duration)).Succeeded;
            await service.WaitForLogAsync();
            Add(table, $"calls to storage for 1,000 charges, {clients} {(clients == 1 ? "client" : "clients")}", (await CallsAsync(client) - before) * 1000.0 / charges, "calls");
        }
    }

    /// <summary>How many requests nginx has had, by its page of three lines: the third number of the last but one.</summary>
    private static async Task<long> CallsAsync(HttpClient client)
    {
        var lines = (await client.GetStringAsync("/")).Split('\n');
        return long.Parse(lines[2].Split(' ', StringSplitOptions.RemoveEmptyEntries)[2], CultureInfo.InvariantCulture);
    }

    private static void Add(Table table, string what, double value, string unit)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {value:N2} {unit}"));
        table.Add(what, value, unit);
    }
}
