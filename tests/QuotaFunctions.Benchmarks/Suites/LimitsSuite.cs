using Azure.Data.Tables;
using QuotaFunctions.Benchmarks.Loads;
using QuotaFunctions.Benchmarks.Peers;
using QuotaFunctions.Benchmarks.Reporting;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks.Suites;

/// <summary>What this machine and Azurite allow at the most: storage's part of the work without a service, the host's part without a quota; with Azurite's files on disk, and in memory.</summary>
internal static class LimitsSuite
{
    private const string Service = "QuotaFunctions";
    private const string Commits = "Azurite alone: commits of 64";
    private const string CommitsAndLog = "Azurite alone: commits of 64, and their log";
    private const string Naive = "naive loop";
    private const string Host = "the host without quota";
    private const int ManyClients = 64;

    // One waits for its answer while Azurite works for another
    private const int Writers = 4;

    public static async Task RunAsync(RunPlan plan, PerformanceReport report)
    {
        var figures = new Table("limits", "One key, 64 clients: at saturation, and at a steady rate of half of it",
            "Azurite's files", "by", "a second", "p50 ms", "p99 ms", "steady: a second", "p50 ms", "p99 ms");
        var ratios = new Table("limits-ratios", "How many times as many charges as…", "Azurite's files", "by", $"× {Naive}", $"× {Host}");
        foreach (var inMemory in (bool[])[false, true])
        {
            await using var service = await QuotaService.StartAsync(inMemory: inMemory);
            await using var azurite = await AzuriteProcess.StartAsync(inMemory);
            var naive = new NaiveLoop(new TableServiceClient(azurite.ConnectionString).GetTableClient("naive"), counters: 1);
            await naive.PrepareAsync();
            await using var bare = await AzuriteProcess.StartAsync(inMemory);
            var commits = new BareCommits(bare, Writers, withLog: false);
            await commits.PrepareAsync();
            await using var logged = await AzuriteProcess.StartAsync(inMemory);
            var withLog = new BareCommits(logged, Writers, withLog: true);
            await withLog.PrepareAsync();

            var charges = new HttpLoad(service.Address, [HttpMessages.Consume((await service.NewKeysAsync(1))[0])], ManyClients);
            var nothing = new HttpLoad(service.Address, [HttpMessages.Get("/healthz")], ManyClients);
            await charges.RunAsync(plan.WarmUp);
            await nothing.RunAsync(plan.WarmUp / 2);
            await withLog.RunAsync(plan.WarmUp / 2, rate: null);
            await service.WaitForLogAsync();
            var load = new Comparison(
                plan,
                inMemory ? "in memory" : "on disk",
                [
                    new(Service, charges.RunAsync, service.WaitForLogAsync),
                    new(Commits, commits.RunAsync),
                    new(CommitsAndLog, withLog.RunAsync),
                    new(Naive, (duration, _) => Clients.RunAsync(ManyClients, duration, naive.TakeAsync)) { HasRate = false },
                    new(Host, nothing.RunAsync),
                ]);
            await load.RunAsync(withSteady: true);
            load.AddFigures(figures);
            foreach (var by in (string[])[Service, Commits, CommitsAndLog, Host])
            {
                ratios.Add(load.Name, by, load.Ratio(by, Naive), by == Host ? null : load.Ratio(by, Host));
            }
        }

        report.Add(ratios);
        report.Add(figures);
    }
}
