using System.Globalization;
using System.Text.RegularExpressions;
using QuotaFunctions.Benchmarks.Loads;
using QuotaFunctions.Benchmarks.Peers;
using QuotaFunctions.Benchmarks.Reporting;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks.Suites;

/// <summary>What the processors do while one key is charged: the service's process and Azurite's, sampled by Linux's <c>perf</c>.</summary>
internal static partial class ProfileSuite
{
    private const int ManyClients = 64;
    private const int SamplesPerSecond = 499;
    private const string Azurite = "Azurite (Node)";
    private const string Rest = "runtime, system, and what has no name";

    // Where perf looks for names
    private const string MapFolder = "/tmp";

    private static readonly string Folder = Path.GetTempPath();
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PerfTimeout = TimeSpan.FromMinutes(3);

    private static readonly string[] Plumbing = ["System.Threading.", "System.Runtime.CompilerServices.", "dynamicClass."];

    // For its methods' names: the runtime writes down what it compiled, and compiles all
    private static readonly Dictionary<string, string?> WithNames = new()
    {
        ["DOTNET_PerfMapEnabled"] = "1",
        ["DOTNET_PerfMapJitDumpPath"] = MapFolder,
        ["DOTNET_EnableWriteXorExecute"] = "0",
        ["DOTNET_ReadyToRun"] = "0",
    };

    public static async Task RunAsync(RunPlan plan, PerformanceReport report)
    {
        // The same of Node
        Environment.SetEnvironmentVariable("NODE_OPTIONS", "--perf-basic-prof-only-functions");
        await using var service = await QuotaService.StartAsync(settings: WithNames);
        var load = new HttpLoad(service.Address, [HttpMessages.Consume((await service.NewKeysAsync(1))[0])], ManyClients);
        await load.RunAsync(plan.WarmUp * 3);
        await service.WaitForLogAsync();

        int[] processes = [service.Apps[0].Id, service.Azurite.Id];
        await using var perf = Shell($"perf record -F {SamplesPerSecond} -g -o samples -p {string.Join(',', processes)} -- sleep {Duration.TotalSeconds}");
        var charges = (await load.RunAsync(Duration)).Succeeded;
        await perf.WaitForExitAsync(PerfTimeout);
        await using var script = Shell($"perf script -i samples -F pid,ip,sym >samples.txt");
        await script.WaitForExitAsync(PerfTimeout);
        Report(report, await File.ReadAllTextAsync(Path.Combine(Folder, "samples.txt")), service, charges);
        foreach (var process in processes)
        {
            File.Delete(Path.Combine(MapFolder, string.Create(CultureInfo.InvariantCulture, $"perf-{process}.map")));
        }
    }

    private static ChildProcess Shell(FormattableString command) => ChildProcess.Start("sh", ["-c", command.ToString(CultureInfo.InvariantCulture)], Folder);

    private static void Report(PerformanceReport report, string samples, QuotaService service, int charges)
    {
        var graph = new FlameGraph("flame", $"{charges / Duration.TotalSeconds:N0} charges a second: where the processors' time goes");
        var counts = new Dictionary<(string Process, string Owner), int>();
        foreach (var sample in samples.Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var lines = sample.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            var process = lines[0].Trim() == service.Azurite.Id.ToString(CultureInfo.InvariantCulture) ? Azurite : Subjects.Service;
            var frames = lines.Skip(1).Select(MethodOf).Reverse().Where(method => !IsPlumbing(method)).ToList();
            graph.Add(frames.Prepend(process));
            var owner = process == Azurite ? "" : frames.Select(CodeOwner.Of).LastOrDefault(it => it is not null)?.Name ?? Rest;
            counts[(process, owner)] = counts.GetValueOrDefault((process, owner)) + 1;
        }

        var table = new Table("profile", "Processor time by whose code it was spent in, or was called by last", "process", "code", "µs a charge", "%");
        var all = counts.Values.Sum();
        foreach (var ((process, owner), count) in counts.OrderByDescending(count => count.Value))
        {
            table.Add(process, owner, 1_000_000.0 * count / SamplesPerSecond / charges, 100.0 * count / all);
        }

        report.Add(table);
        report.Add(graph);
    }

    /// <summary>What stands between two methods of which one awaits the other, and below the first of a thread.</summary>
    private static bool IsPlumbing(string method) =>
        method is "[unknown]" or "start_thread" or "__clone3" || Plumbing.Any(prefix => method.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>A method's name without its return type, assembly, arguments and tier; of Node's functions without their file.</summary>
    private static string MethodOf(string frame)
    {
        var symbol = frame.Trim().Split(' ', 2) is [_, var name] ? name : "[unknown]";
        if (DotNetMethod().Match(symbol) is { Success: true } dotnet)
        {
            var (type, method) = (dotnet.Groups["type"].Value, dotnet.Groups["method"].Value);
            return AsyncMethod().Match(type) is { Success: true } async ? $"{async.Groups["type"].Value}.{async.Groups["method"].Value}" : $"{type}.{method}";
        }

        return NodeFunction().Match(symbol) is { Success: true } node ? node.Groups["name"].Value : symbol;
    }

    [GeneratedRegex(@"\[[^\]]+\] (?<type>[^:]+)::(?<method>[^(\[]+)")]
    private static partial Regex DotNetMethod();

    [GeneratedRegex(@"^(?<type>.+)[+/]<(?<method>\w+)>d__\d+")]
    private static partial Regex AsyncMethod();

    [GeneratedRegex(@"^(JS|LazyCompile|Function|Script|Eval):[*~^+]?(?<name>\S*)( .*)?$")]
    private static partial Regex NodeFunction();
}
