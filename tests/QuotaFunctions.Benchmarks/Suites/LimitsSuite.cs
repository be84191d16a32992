using Azure.Data.Tables;
using QuotaFunctions.Benchmarks.Loads;
using QuotaFunctions.Benchmarks.Peers;
using QuotaFunctions.Benchmarks.Reporting;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks.Suites;

/// <summary>What this machine and Azurite allow at the most: storage's part of the work without a service, the host's part without a quota; with Azurite's files on disk, and in memory.</summary>
internal static class LimitsSuite
{
    private const string Commits = "Azurite alone: commits of 64";
    private const string CommitsAndLog = "Azurite alone: commits of 64, and their log";
    private const int ManyClients = 64;

    // One waits for its answer while Azurite works for another
    private const int Writers = 4;

    public static async Task RunAsync(RunPlan plan, PerformanceReport report)
    {
        var figures = new Table("limits", "One key, 64 clients: at saturation, and at a steady rate of half of it",
            "Azurite's files", "by", "a second", "p50 ms", "p99 ms", "steady: a second", "p50 ms", "p99 ms");
        var ratios = new Table("limits-ratios", "How many times as many charges as…", "Azurite's files", "by", $"× {Subjects.Naive}", $"× {Subjects.Host}");
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

            var charges = Subjects.OfService(service, [HttpMessages.Consume((await service.NewKeysAsync(1))[0])], ManyClients);
            var host = Subjects.OfHost(service, ManyClients);
            await charges.MeasureAsync(plan.WarmUp, null);
            await host.MeasureAsync(plan.WarmUp / 2, null);
            await withLog.RunAsync(plan.WarmUp / 2, rate: null);
            await service.WaitForLogAsync();
            var load = new Comparison(
                plan,
                inMemory ? "in memory" : "on disk",
                [
                    charges,
                    new(Commits, commits.RunAsync),
                    new(CommitsAndLog, withLog.RunAsync),
                    Subjects.OfNaive(naive, ManyClients),
                    host,
                ]);
            await load.RunAsync(withSteady: true);
            load.AddFigures(figures);
            foreach (var by in (string[])[Subjects.Service, Commits, CommitsAndLog, Subjects.Host])
            {
                ratios.Add(load.Name, by, load.Ratio(by, Subjects.Naive), by == Subjects.Host ? null : load.Ratio(by, Subjects.Host));
            }
        }

        report.Add(ratios);
        report.Add(figures);
    }
}
