using QuotaFunctions.Benchmarks.Loads;
using QuotaFunctions.Benchmarks.Peers;
using QuotaFunctions.Benchmarks.Reporting;

namespace QuotaFunctions.Benchmarks.Suites;

/// <summary>Calls that are forwarded: by the service, by nginx without and with a quota in Redis, by Portkey; and the upstream alone.</summary>
internal static class ProxySuite
{
    private const string Upstream = "the upstream alone";
    private const string Nginx = "nginx";
    private const string NginxRedis = "nginx + Redis";
    private const string Portkey = "Portkey";

    // Of 1 MB 8 are under way, which is as much as the machine can do at a time
    private static readonly (string Name, int Clients, bool IsLarge)[] Shapes =
        [("plain-1kb", 64, false), ("stream-1kb", 64, false), ("plain-1mb", 8, true), ("stream-1mb", 8, true)];

    public static async Task RunAsync(RunPlan plan, PerformanceReport report)
    {
        await using var upstream = await NginxServer.StartUpstreamAsync();
        await using var redis = await NginxWithRedis.StartAsync(upstream.Address.Port);
        await using var portkey = await PortkeyGateway.StartAsync();
        await using var service = await QuotaService.StartAsync(settings: ProvidersAt(upstream.Address));
        var keys = await service.NewKeysAsync(1);
        await redis.AddKeysAsync(keys);

        IReadOnlyList<Subject> SubjectsOf(string shape, int clients)
        {
            var body = $$"""{"model":"bench","messages":[{"role":"user","content":"Hello"}],"stream":{{(shape.StartsWith("stream", StringComparison.Ordinal) ? "true" : "false")}}}""";
            Subject Of(string name, Uri address, string path, (string, string)[] headers, Func<Task>? settle = null)
            {
                var load = new HttpLoad(address, [HttpMessages.Post(path, body, headers)], clients);
                return new Subject(name, load.RunAsync, settle);
            }

            (string, string)[] key = [("X-API-Key", keys[0])];
            return
            [
                Of(Subjects.Service, service.Address, $"/providers/{shape}/v1/chat/completions", key, service.WaitForLogAsync),
                Of(Portkey, portkey.Address, "/v1/chat/completions",
                    [("x-portkey-provider", "openai"), ("x-portkey-custom-host", $"{upstream.Address}{shape}/v1"), ("Authorization", "Bearer an-upstream-key")]),
                Of(NginxRedis, redis.Address, $"/quota/{shape}/v1/chat/completions", key),
                Of(Nginx, redis.Address, $"/plain/{shape}/v1/chat/completions", []),
                Of(Upstream, upstream.Address, $"/{shape}/v1/chat/completions", []),
            ];
        }

        var shapes = Shapes.Where(shape => !(plan.IsQuick && shape.IsLarge)).ToList();
        foreach (var subject in shapes.SelectMany(shape => SubjectsOf(shape.Name, shape.Clients)))
        {
            await subject.MeasureAsync(plan.WarmUp / 4, null);
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

    private static Dictionary<string, string?> ProvidersAt(Uri upstream)
    {
        var settings = new Dictionary<string, string?>();
        foreach (var (shape, _, _) in Shapes)
        {
            settings[$"Providers__{shape}__BaseUrl"] = $"{upstream}{shape}/v1";
            settings[$"Providers__{shape}__ApiKey"] = "an-upstream-key";
        }

        settings["DefaultProvider"] = Shapes[0].Name;
        return settings;
    }

    private static void Report(PerformanceReport report, List<Comparison> loads, Comparison alone)
    {
        var ratios = new Table("proxy-ratios", "Forwarded calls: how many times as many as…",
            "answer", $"× {Portkey}", $"× {NginxRedis}", $"× {Nginx}", $"× {Upstream}");
        var figures = new Table("proxy", "Forwarded calls: at saturation, and those of 1 KB at a steady rate of half of it",
            "answer", "by", "a second", "p50 ms", "p99 ms", "steady: a second", "p50 ms", "p99 ms");
        foreach (var load in loads)
        {
            ratios.Add(load.Name, load.Ratio(Subjects.Service, Portkey), load.Ratio(Subjects.Service, NginxRedis), load.Ratio(Subjects.Service, Nginx), load.Ratio(Subjects.Service, Upstream));
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
