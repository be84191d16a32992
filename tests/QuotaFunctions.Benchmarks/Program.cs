using System.Globalization;
using System.Runtime.InteropServices;
using QuotaFunctions.Benchmarks;
using QuotaFunctions.Benchmarks.Overspend;
using QuotaFunctions.Benchmarks.Peers;
using QuotaFunctions.Benchmarks.Reporting;
using QuotaFunctions.Benchmarks.Suites;
using QuotaFunctions.TestSupport;

// An orderly exit, so that what was started is ended
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => Environment.Exit(130));
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Environment.Exit(143));

if (args is [OverspendTest.Verb, .. var overspend])
{
    return await OverspendTest.RunAsync(overspend);
}

if (args is [BareServer.Verb, var storage, var upstream, var port])
{
    await BareServer.RunAsync(storage, upstream, int.Parse(port, CultureInfo.InvariantCulture));
    return 0;
}

// Checked by scripts/bench.sh
var names = args.Where(argument => !argument.StartsWith("--", StringComparison.Ordinal)).ToList();
var plan = args.Contains("--quick") ? RunPlan.Quick : names.Count == 0 ? RunPlan.Comparison : RunPlan.Whole;
var suites = new Dictionary<string, Func<RunPlan, PerformanceReport, Task>>
{
    ["consume"] = ConsumeSuite.RunAsync,
    ["proxy"] = ProxySuite.RunAsync,
    ["growth"] = GrowthSuite.RunAsync,
    ["footprint"] = FootprintSuite.RunAsync,
    ["limits"] = LimitsSuite.RunAsync,
    ["profile"] = ProfileSuite.RunAsync,
};

// The last two only by their names
string[] comparison = ["consume", "proxy", "growth", "footprint"];
var chosen = suites.Where(suite => (names.Count == 0 ? comparison : [.. names]).Contains(suite.Key)).ToList();
if (chosen.Count > 0)
{
    var machine = await Machine.ReadAsync();
    Console.WriteLine($"{machine}\n");
    foreach (var (name, run) in chosen)
    {
        var report = new PerformanceReport(name, machine, plan);
        await run(plan, report);
        report.Write(args.Contains("--write") ? Repository.PathOf("docs") : Repository.PathOf("artifacts", "benchmarks"));
    }
}

if (names.Exists(CloserLooks.Names.Contains))
{
    await CloserLooks.RunAsync(names);
}

if (names.Contains("scaling"))
{
    ScalingSimulation.Run();
}

if (names.Contains("allocations"))
{
    AllocationBenchmarks.Run();
}

return 0;
