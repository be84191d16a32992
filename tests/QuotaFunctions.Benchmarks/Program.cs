using System.Runtime.InteropServices;
using QuotaFunctions.Benchmarks;

// An orderly exit, so that what was started is ended
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => Environment.Exit(130));
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Environment.Exit(143));

string[] inOneRun = ["naive", "http", "processes", "memory", "engine", "refusals", "zipf", "scrape", "history", "retention", "export"];
var seconds = 6;
var chosen = new List<string>();
for (var index = 0; index < args.Length; index++)
{
    if (args[index] == "--seconds" && index + 1 < args.Length && int.TryParse(args[++index], out seconds) && seconds is >= 1 and <= 60)
    {
        continue;
    }

    if (args[index] is not ("allocations" or "scaling") && !inOneRun.Contains(args[index]))
    {
        await Console.Error.WriteLineAsync($"usage: scripts/bench.sh [--seconds 1..60] [{string.Join("] [", inOneRun)}] [scaling] [allocations]");
        return 2;
    }

    chosen.Add(args[index]);
}

if (chosen.Count == 0)
{
    chosen.AddRange([.. inOneRun, "scaling", "allocations"]);
}

if (chosen.Any(inOneRun.Contains))
{
    await ThroughputBenchmarks.RunAsync(chosen, TimeSpan.FromSeconds(seconds));
}

if (chosen.Contains("scaling"))
{
    ScalingSimulation.Run();
}

if (chosen.Contains("allocations"))
{
    AllocationBenchmarks.Run();
}

return 0;
