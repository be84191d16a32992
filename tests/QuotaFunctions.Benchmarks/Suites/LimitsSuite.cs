using Azure.Data.Tables;
using QuotaFunctions.Benchmarks.Loads;
using QuotaFunctions.Benchmarks.Peers;
using QuotaFunctions.Benchmarks.Reporting;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks.Suites;

/// <summary>
/// What this machine and Azurite allow at the most: storage's part of the work without a service, with Azurite's files on disk, and in memory; and the host's
/// part without a quota, of charges and of forwarded calls.
/// </summary>
internal static class LimitsSuite
{
    private const string Commits = "Azurite alone: commits of 64";
    private const string CommitsAndLog = "Azurite alone: commits of 64, and their log";
    private const string AsTheyCome = "Azurite alone: charges as they come to QuotaFunctions, and their log";
    private const string Forwarder = "a bare forwarder";
    private const int ManyClients = 64;

    // One waits for its answer while Azurite works for another
    private const int Writers = 4;

    public static async Task RunAsync(RunPlan plan, PerformanceReport report)
    {
        var committed = await ChargesAsync(plan, report);
        await ForwardedAsync(plan, report, committed);
    }

    /// <summary>Charges. Returns how many Azurite alone takes a second, on disk and with their log.</summary>
    private static async Task<double> ChargesAsync(RunPlan plan, PerformanceReport report)
    {
        double? committed = null;
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
            await AddAsTheyComeAsync(plan, figures, load, withLog);
            committed ??= load.Median(CommitsAndLog, it => it.PerSecond);
            foreach (var by in (string[])[Subjects.Service, Commits, CommitsAndLog, Subjects.Host])
            {
                ratios.Add(load.Name, by, load.Ratio(by, Subjects.Naive), by == Subjects.Host ? null : load.Ratio(by, Subjects.Host));
            }
        }

        report.Add(ratios);
        report.Add(figures);
        return committed!.Value;
    }

    /// <summary>The rate at which the service was measured, without the service.</summary>
    private static async Task AddAsTheyComeAsync(RunPlan plan, Table figures, Comparison load, BareCommits commits)
    {
        var perSecond = load.Median(Subjects.Service, it => it.PerSecond) / 2;
        var rounds = new List<Measurement>();
        for (var round = 0; round < plan.Rounds; round++)
        {
            await commits.RunAsTheyComeAsync(plan.Duration / 2, perSecond);
            rounds.Add(await commits.RunAsTheyComeAsync(plan.Duration, perSecond));
        }

        double Median(Func<Measurement, double> figure) => Statistics.Median(rounds.Select(figure));
        figures.Add(load.Name, AsTheyCome, null, null, null, Median(it => it.PerSecond), Median(it => it.P50), Median(it => it.P99));
    }

    /// <summary>Forwarded calls: the host's part without key, quota and log; and with Azurite's part of it, both cores shared as well as can be.</summary>
    private static async Task ForwardedAsync(RunPlan plan, PerformanceReport report, double committed)
    {
        await using var upstream = await NginxServer.StartUpstreamAsync();
        await using var portkey = await PortkeyGateway.StartAsync();
        await using var forwarder = await BareForwarder.StartAsync(upstream.Address);
        await using var service = await QuotaService.StartAsync(settings: ForwardedCalls.ProvidersAt(upstream.Address));
        var key = (await service.NewKeysAsync(1))[0];
        const string shape = ForwardedCalls.Plain;
        IReadOnlyList<Subject> subjects =
        [
            ForwardedCalls.OfService(service, key, shape, ManyClients),
            ForwardedCalls.Of(Forwarder, forwarder.Address, ForwardedCalls.PathAtUpstream(shape), [], shape, ManyClients),
            ForwardedCalls.OfPortkey(portkey, upstream.Address, shape, ManyClients),
        ];
        foreach (var subject in subjects)
        {
            await subject.MeasureAsync(plan.WarmUp, null);
        }

        await service.WaitForLogAsync();
        var load = new Comparison(plan, shape, subjects);
        await load.RunAsync();

        var table = new Table("limits-forwarded", "Forwarded calls of 1 KB, 64 clients", "by", "a second", $"× {ForwardedCalls.Portkey}");
        foreach (var name in load.Subjects)
        {
            table.Add(name, load.Median(name, it => it.PerSecond), name == ForwardedCalls.Portkey ? null : load.Ratio(name, ForwardedCalls.Portkey));
        }

        // The forwarder keeps both cores busy, Azurite one of them
        var both = 1 / ((1 / load.Median(Forwarder, it => it.PerSecond)) + (1 / committed / 2));
        table.Add($"{Forwarder} and Azurite's part of it, at the most", both, both / load.Median(ForwardedCalls.Portkey, it => it.PerSecond));
        report.Add(table);
    }
}
