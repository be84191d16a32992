using System.Globalization;
using QuotaFunctions.Benchmarks.Loads;
using QuotaFunctions.Benchmarks.Peers;
using QuotaFunctions.Benchmarks.Reporting;

namespace QuotaFunctions.Benchmarks.Suites;

/// <summary>What a charge takes as keys, log, clients and processes grow.</summary>
internal static class GrowthSuite
{
    private const int ManyClients = 64;

    // With more, Azurite takes longer to look a row up than a charge may wait
    private const int MaxKeysByTurns = 1000;

    private const string Grown = "grown";
    private const string Fresh = "fresh";

    public static async Task RunAsync(RunPlan plan, PerformanceReport report)
    {
        var table = new Table("growth", "What a charge takes as things grow: the inverse of charges a second",
            "what grows", "to", "µs a charge", "× a fresh service, or the first", "p99 ms");
        await KeysAsync(plan, report, table);
        await LogAsync(plan, report, table);
        await ClientsAsync(plan, report, table);
        await ProcessesAsync(plan, report, table);
        report.Add(table);
    }

    /// <summary>One key is charged while others stand in storage; then all of them are, in turn.</summary>
    private static async Task KeysAsync(RunPlan plan, PerformanceReport report, Table table)
    {
        // In memory: else Azurite stops for seconds to save large tables
        await using var service = await QuotaService.StartAsync(inMemory: true);
        await using var fresh = await QuotaService.StartAsync(inMemory: true);
        var keys = new List<string>();
        var freshLoad = await WarmAsync(plan, fresh);
        var counts = new[] { 1, 10, 100, 1000, 10_000, 100_000 }.Where(count => count <= plan.MaxKeys).ToList();
        var hot = new List<(double, double)>();
        foreach (var count in counts)
        {
            keys.AddRange(await ManyKeys.AddAsync(service.Engine, count - keys.Count));
            var load = new HttpLoad(service.Address, [HttpMessages.Consume(keys[0])], ManyClients);
            if (count == 1)
            {
                await load.RunAsync(plan.WarmUp);
            }

            await service.WaitForLogAsync();
            hot.Add(await AddAsync(plan, table, "keys in storage, one charged", count, load, service, freshLoad, fresh));
        }

        // Only now: the books of many keys go on being balanced for a while
        var spread = new List<(double, double)>();
        foreach (var count in counts.Where(count => count <= MaxKeysByTurns))
        {
            var load = new HttpLoad(service.Address, [.. keys.Take(count).Select(HttpMessages.Consume)], ManyClients);
            spread.Add(await AddAsync(plan, table, "keys, all charged", count, load, service, freshLoad, fresh));
        }

        var chart = new LineChart("keys", "Time per charge as keys grow, 64 clients", "keys", "µs");
        chart.Add("one of them is charged", hot);
        chart.Add("all of them are charged", spread);
        report.Add(chart);
    }

    private static async Task LogAsync(RunPlan plan, PerformanceReport report, Table table)
    {
        await using var service = await QuotaService.StartAsync(inMemory: true);
        await using var fresh = await QuotaService.StartAsync(inMemory: true);
        var load = await WarmAsync(plan, service);
        var freshLoad = await WarmAsync(plan, fresh);
        var points = new List<(double, double)>();
        var rows = 0;
        foreach (var count in new[] { 0, 1000, 10_000, 100_000, 1_000_000 }.Where(count => count <= plan.MaxLogRows))
        {
            await OldLog.FillAsync(service.Engine, count - rows);
            rows = count;
            points.Add(await AddAsync(plan, table, "rows of the log", count, load, service, freshLoad, fresh));
        }

        var chart = new LineChart("log", "Time per charge as the log grows, one key, 64 clients", "rows of the log", "µs");
        chart.Add("one key", points);
        report.Add(chart);
    }

    private static async Task ClientsAsync(RunPlan plan, PerformanceReport report, Table table)
    {
        await using var service = await QuotaService.StartAsync();
        var key = (await service.NewKeysAsync(1))[0];
        await new HttpLoad(service.Address, [HttpMessages.Consume(key)], ManyClients).RunAsync(plan.WarmUp);
        var points = new List<(double, double)>();
        foreach (var count in plan.IsQuick ? (int[])[1, 64] : [1, 4, 16, 64, 256, 1024])
        {
            points.Add(await AddAsync(plan, table, "clients of one key", count, new HttpLoad(service.Address, [HttpMessages.Consume(key)], count), service, points));
        }

        var chart = new LineChart("clients", "Time per charge as clients grow, one key", "clients", "µs");
        chart.Add("one key", points);
        report.Add(chart);
    }

    private static async Task ProcessesAsync(RunPlan plan, PerformanceReport report, Table table)
    {
        await using var service = await QuotaService.StartAsync();
        var key = (await service.NewKeysAsync(1))[0];
        var points = new List<(double, double)>();
        foreach (var count in plan.IsQuick ? (int[])[1, 2] : [1, 2, 4, 8])
        {
            while (service.Apps.Count < count)
            {
                await service.AddProcessAsync();
            }

            var load = new HttpLoad([.. service.Apps.Select(app => new LoadTarget(app.BaseAddress, [HttpMessages.Consume(key)]))], ManyClients);
            await load.RunAsync(plan.WarmUp * (count == 1 ? 1 : 1.5));
            await service.WaitForLogAsync();
            points.Add(await AddAsync(plan, table, "processes with one key, 64 clients in all", count, load, service, points));
        }

        var chart = new LineChart("processes", "Time per charge as processes grow, one key, 64 clients in all, on the same cores", "processes", "µs");
        chart.Add("one key", points);
        report.Add(chart);
    }

    /// <summary>A load on one key of a service that has done some already.</summary>
    private static async Task<HttpLoad> WarmAsync(RunPlan plan, QuotaService service)
    {
        var load = new HttpLoad(service.Address, [HttpMessages.Consume((await service.NewKeysAsync(1))[0])], ManyClients);
        await load.RunAsync(plan.WarmUp);
        await service.WaitForLogAsync();
        return load;
    }

    /// <summary>Measures in turn with a service that does not grow.</summary>
    private static async Task<(double, double)> AddAsync(
        RunPlan plan, Table table, string what, int count, HttpLoad load, QuotaService service, HttpLoad freshLoad, QuotaService fresh)
    {
        var comparison = new Comparison(
            plan with { Rounds = 3 },
            string.Create(CultureInfo.InvariantCulture, $"{what}: {count:N0}"),
            [new(Grown, load.RunAsync, service.WaitForLogAsync), new(Fresh, freshLoad.RunAsync, fresh.WaitForLogAsync)]);
        await comparison.RunAsync();
        return Add(table, what, count, comparison, comparison.Ratio(Fresh, Grown));
    }

    /// <summary>Measures, and compares to the first point.</summary>
    private static async Task<(double, double)> AddAsync(
        RunPlan plan, Table table, string what, int count, HttpLoad load, QuotaService service, List<(double, double Microseconds)> points)
    {
        var comparison = new Comparison(
            plan with { Rounds = 3 }, string.Create(CultureInfo.InvariantCulture, $"{what}: {count:N0}"), [new(Grown, load.RunAsync, service.WaitForLogAsync)]);
        await comparison.RunAsync();
        return Add(table, what, count, comparison, points.Count == 0 ? 1 : Microseconds(comparison) / points[0].Microseconds);
    }

    private static (double, double) Add(Table table, string what, int count, Comparison comparison, double? ratio)
    {
        table.Add(what, count, Microseconds(comparison), ratio, comparison.Median(Grown, it => it.P99));
        return (count, Microseconds(comparison));
    }

    private static double Microseconds(Comparison comparison) => 1_000_000 / comparison.Median(Grown, it => it.PerSecond);
}
