using Azure.Data.Tables;
using QuotaFunctions.Benchmarks.Loads;
using QuotaFunctions.Benchmarks.Peers;
using QuotaFunctions.Benchmarks.Reporting;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks.Suites;

/// <summary>
/// What this machine and Azurite allow at the most: storage's part of the work without a service, with Azurite's files on disk, and in memory; the host's part
/// without a quota; and both parts together in a server without any rule. Of charges, and of forwarded calls.
/// </summary>
internal static class LimitsSuite
{
    private const string Commits = "Azurite alone: commits of 64";
    private const string CommitsAndLog = "Azurite alone: commits of 64, and their log";
    private const string AsTheyCome = "Azurite alone: charges as they come to QuotaFunctions, and their log";
    private const string Forwarder = "a bare forwarder";
    private const string Bare = "a bare server with commits and their log";
    private const int ManyClients = 64;

    // One waits for its answer while Azurite works for another
    private const int Writers = 4;

    public static async Task RunAsync(RunPlan plan, PerformanceReport report)
    {
        await using var upstream = await NginxServer.StartUpstreamAsync();
        await using var redis = await NginxWithRedis.StartAsync(upstream.Address.Port);
        await ChargesAsync(plan, report, redis);
        await ForwardedAsync(plan, report, upstream, redis);
    }

    private static async Task ChargesAsync(RunPlan plan, PerformanceReport report, NginxWithRedis redis)
    {
        var figures = new Table("limits", "One key, 64 clients: at saturation, and at a steady rate of half of it",
            "Azurite's files", "by", "a second", "p50 ms", "p99 ms", "steady: a second", "p50 ms", "p99 ms");
        var ratios = new Table("limits-ratios", "How many times as many charges as…", "Azurite's files", "by", $"× {Subjects.Naive}", $"× {Subjects.Redis}", $"× {Subjects.Host}");
        foreach (var inMemory in (bool[])[false, true])
        {
            await using var service = await QuotaService.StartAsync(inMemory: inMemory);
            await using var azurite = await AzuriteProcess.StartAsync(inMemory);
            var naive = new NaiveLoop(new TableServiceClient(azurite.ConnectionString).GetTableClient("naive"), counters: 1);
            await naive.PrepareAsync();
            await using var committed = await AzuriteProcess.StartAsync(inMemory);
            var commits = new BareCommits(committed.ConnectionString, Writers, withLog: false);
            await commits.PrepareAsync();
            await using var logged = await AzuriteProcess.StartAsync(inMemory);
            var withLog = new BareCommits(logged.ConnectionString, Writers, withLog: true);
            await withLog.PrepareAsync();
            await using var served = await AzuriteProcess.StartAsync(inMemory);
            await using var server = await BareServer.StartAsync(served, upstream: null);

            var keys = await service.NewKeysAsync(1);
            await redis.AddKeysAsync(keys);
            byte[][] requests = [HttpMessages.Consume(keys[0])];
            var charges = Subjects.OfService(service, requests, ManyClients);
            var bare = new Subject(Bare, new HttpLoad(server.Address, requests, ManyClients).RunAsync);
            var host = Subjects.OfHost(service, ManyClients);
            await charges.MeasureAsync(plan.WarmUp, null);
            await bare.MeasureAsync(plan.WarmUp, null);
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
                    bare,
                    Subjects.OfNaive(naive, ManyClients),
                    Subjects.OfRedis(redis, requests, ManyClients),
                    host,
                ]);
            await load.RunAsync(withSteady: true);
            load.AddFigures(figures);
            await AddAsTheyComeAsync(plan, figures, load, withLog);
            foreach (var by in (string[])[Subjects.Service, Commits, CommitsAndLog, Bare, Subjects.Host])
            {
                ratios.Add(load.Name, by, load.Ratio(by, Subjects.Naive), load.Ratio(by, Subjects.Redis), by == Subjects.Host ? null : load.Ratio(by, Subjects.Host));
            }
        }

        report.Add(ratios);
        report.Add(figures);
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

    private static async Task ForwardedAsync(RunPlan plan, PerformanceReport report, NginxServer upstream, NginxWithRedis redis)
    {
        await using var portkey = await PortkeyGateway.StartAsync();
        await using var forwarder = await BareServer.StartAsync(storage: null, upstream.Address);
        await using var azurite = await AzuriteProcess.StartAsync();
        await using var server = await BareServer.StartAsync(azurite, upstream.Address);
        await using var service = await QuotaService.StartAsync(settings: ForwardedCalls.ProvidersAt(upstream.Address));
        var keys = await service.NewKeysAsync(1);
        await redis.AddKeysAsync(keys);
        const string shape = ForwardedCalls.Plain;
        IReadOnlyList<Subject> subjects =
        [
            ForwardedCalls.OfService(service, keys[0], shape, ManyClients),
            ForwardedCalls.Of(Forwarder, forwarder.Address, ForwardedCalls.PathAtUpstream(shape), [], shape, ManyClients),
            ForwardedCalls.Of(Bare, server.Address, ForwardedCalls.PathAtUpstream(shape), [], shape, ManyClients),
            ForwardedCalls.OfPortkey(portkey, upstream.Address, shape, ManyClients),
            ForwardedCalls.OfRedis(redis, keys[0], shape, ManyClients),
        ];
        foreach (var subject in subjects)
        {
            await subject.MeasureAsync(plan.WarmUp, null);
        }

        await service.WaitForLogAsync();
        var load = new Comparison(plan, shape, subjects);
        await load.RunAsync();

        var table = new Table("limits-forwarded", "Forwarded calls of 1 KB, 64 clients", "by", "a second", $"× {ForwardedCalls.Portkey}", $"× {ForwardedCalls.Redis}");
        foreach (var name in load.Subjects)
        {
            table.Add(name, load.Median(name, it => it.PerSecond), RatioTo(ForwardedCalls.Portkey), RatioTo(ForwardedCalls.Redis));

            double? RatioTo(string other) => name == other ? null : load.Ratio(name, other);
        }

        report.Add(table);
    }
}
