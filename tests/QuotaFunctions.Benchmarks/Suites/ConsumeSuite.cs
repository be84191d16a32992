using Azure.Data.Tables;
using QuotaFunctions.Benchmarks.Loads;
using QuotaFunctions.Benchmarks.Peers;
using QuotaFunctions.Benchmarks.Reporting;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks.Suites;

/// <summary>Charges of one key and of many: by the service, the naive loop, nginx with Lua and Redis; and the service's host answering without any quota.</summary>
internal static class ConsumeSuite
{
    private const int ManyClients = 64;
    private const int ManyKeys = 1000;

    public static async Task RunAsync(RunPlan plan, PerformanceReport report)
    {
        await using var upstream = await NginxServer.StartUpstreamAsync();
        await using var redis = await NginxWithRedis.StartAsync(upstream.Address.Port);
        await using var azurite = await AzuriteProcess.StartAsync();
        var storage = new TableServiceClient(azurite.ConnectionString);
        var loads = new List<Comparison>();
        foreach (var count in (int[])[1, ManyKeys])
        {
            var naive = new NaiveLoop(storage.GetTableClient($"naive{count}"), count);
            await naive.PrepareAsync();

            // A storage of its own: the books of many keys are not to be balanced while one is measured
            await using var service = await QuotaService.StartAsync();
            var keys = await service.NewKeysAsync(count);
            await redis.AddKeysAsync(keys);
            var charges = keys.Select(HttpMessages.Consume).ToList();
            foreach (var requests in (IReadOnlyList<byte[]>[])[[Subjects.Nothing], charges])
            {
                await new HttpLoad(service.Address, requests, ManyClients).RunAsync(plan.WarmUp);
            }

            await service.WaitForLogAsync();
            foreach (var clients in plan.IsQuick ? (int[])[1, ManyClients] : [1, 8, ManyClients, 256])
            {
                var load = Compare(plan, count, clients, service, redis, naive, charges);
                await load.RunAsync(withSteady: clients == ManyClients);
                loads.Add(load);
            }
        }

        Report(report, loads);
    }

    private static Comparison Compare(
        RunPlan plan, int keyCount, int clients, QuotaService service, NginxWithRedis redis, NaiveLoop naive, IReadOnlyList<byte[]> charges) => new(
        plan,
        $"{(keyCount == 1 ? "one key" : $"{keyCount:N0} keys")}, {clients} {(clients == 1 ? "client" : "clients")}",
        [
            Subjects.OfService(service, charges, clients),
            Subjects.OfNaive(naive, clients),
            Subjects.OfRedis(redis, charges, clients),
            Subjects.OfHost(service, clients),
        ]);

    private static void Report(PerformanceReport report, List<Comparison> loads)
    {
        var ratios = new Table("consume-ratios", "Charges: how many times as many as…", "load", $"× {Subjects.Naive}", $"× {Subjects.Redis}", $"× {Subjects.Host}");
        var figures = new Table("consume", "Charges: at saturation, and with 64 clients at a steady rate of half of it",
            "load", "by", "a second", "p50 ms", "p99 ms", "steady: a second", "p50 ms", "p99 ms");
        foreach (var load in loads)
        {
            ratios.Add(load.Name, load.Ratio(Subjects.Service, Subjects.Naive), load.Ratio(Subjects.Service, Subjects.Redis), load.Ratio(Subjects.Service, Subjects.Host));
            load.AddFigures(figures);
        }

        report.Add(ratios);
        report.Add(figures);
    }
}
