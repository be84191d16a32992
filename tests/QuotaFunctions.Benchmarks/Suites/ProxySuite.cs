using QuotaFunctions.Benchmarks.Loads;
using QuotaFunctions.Benchmarks.Peers;
using QuotaFunctions.Benchmarks.Reporting;

namespace QuotaFunctions.Benchmarks.Suites;

/// <summary>Calls that are forwarded: by the service, by nginx without and with a quota in Redis, by Portkey; and the upstream alone.</summary>
internal static class ProxySuite
{
    private const string Upstream = "the upstream alone";
    private const string Nginx = "nginx";

    public static async Task RunAsync(RunPlan plan, PerformanceReport report)
    {
        await using var upstream = await NginxServer.StartUpstreamAsync();
        await using var redis = await NginxWithRedis.StartAsync(upstream.Address.Port);
        await using var portkey = await PortkeyGateway.StartAsync();
        await using var service = await QuotaService.StartAsync(settings: ForwardedCalls.ProvidersAt(upstream.Address));
        var keys = await service.NewKeysAsync(1);
        await redis.AddKeysAsync(keys);

        IReadOnlyList<Subject> SubjectsOf(string shape, int clients) =>
        [
            ForwardedCalls.OfService(service, keys[0], shape, clients),
            ForwardedCalls.OfPortkey(portkey, upstream.Address, shape, clients),
            ForwardedCalls.OfRedis(redis, keys[0], shape, clients),
            ForwardedCalls.Of(Nginx, redis.Address, $"/plain/{shape}/v1/chat/completions", [], shape, clients),
            ForwardedCalls.Of(Upstream, upstream.Address, ForwardedCalls.PathAtUpstream(shape), [], shape, clients),
        ];

        var shapes = ForwardedCalls.Shapes.Where(shape => !(plan.IsQuick && shape.IsLarge)).ToList();
        foreach (var shape in shapes)
        {
            foreach (var subject in SubjectsOf(shape.Name, shape.Clients))
            {
                // What is compiled for the small answers serves for the large ones, too
                await subject.MeasureAsync(shape.IsLarge || plan.IsQuick ? plan.WarmUp / 4 : plan.WarmUp / 2, null);
            }
        }

        await service.WaitForLogAsync();
        var loads = new List<Comparison>();
        foreach (var shape in shapes)
        {
            loads.Add(new Comparison(plan, $"{shape.Name}, {shape.Clients} clients", SubjectsOf(shape.Name, shape.Clients)));
            await loads[^1].RunAsync(withSteady: !shape.IsLarge);
        }

        var alone = new Comparison(plan, "stream-1kb, one client", SubjectsOf("stream-1kb", 1));
        await alone.RunAsync();
        Report(report, loads, alone);
    }

    private static void Report(PerformanceReport report, List<Comparison> loads, Comparison alone)
    {
        var ratios = new Table("proxy-ratios", "Forwarded calls: how many times as many as…",
            "answer", $"× {ForwardedCalls.Portkey}", $"× {ForwardedCalls.Redis}", $"× {Nginx}", $"× {Upstream}");
        var figures = new Table("proxy", "Forwarded calls: at saturation, and those of 1 KB at a steady rate of half of it",
            "answer", "by", "a second", "p50 ms", "p99 ms", "steady: a second", "p50 ms", "p99 ms");
        foreach (var load in loads)
        {
            ratios.Add(load.Name, load.Ratio(Subjects.Service, ForwardedCalls.Portkey), load.Ratio(Subjects.Service, ForwardedCalls.Redis), load.Ratio(Subjects.Service, Nginx), load.Ratio(Subjects.Service, Upstream));
            load.AddFigures(figures);
        }

        var first = new Table("first-byte", "The first byte of a stream, one client", "by", "median ms", "over the upstream's, ms");
        foreach (var subject in alone.Subjects)
        {
            var time = alone.Median(subject, measurement => measurement.FirstByteP50);
            first.Add(subject, time, time - alone.Median(Upstream, measurement => measurement.FirstByteP50));
        }

        report.Add(ratios);
        report.Add(figures);
        report.Add(first);
    }
}
