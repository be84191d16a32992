using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Tests.Charging.Simulation;
using Xunit.Abstractions;

namespace QuotaFunctions.Tests.Charging;

/// <summary>
/// The promises about the books, held to by random scenarios: several instances whose clocks disagree, on one storage whose answers
/// get lost, come late or come twice, with instances that are killed. Everything runs in a simulated world on one thread, so a
/// failure is made again from what it prints; docs/consistency.md says how.
/// </summary>
public sealed class EngineProperties(ITestOutputHelper output)
{
    private static readonly (int Weight, Deed Deed)[] Deeds =
    [
        (45, Deed.Consume), (1, Deed.Poison), (30, Deed.Forward), (12, Deed.Report), (1, Deed.TopUp), (1, Deed.Reset), (1, Deed.ChangeQuota),
        (1, Deed.ChangeRate), (1, Deed.ChangeType), (1, Deed.Switch), (1, Deed.ResetPool), (1, Deed.TopUpPool), (2, Deed.Sweep),
        (2, Deed.TurnClock),
    ];

    private static readonly (int Weight, Deed Deed)[] RareDeeds = [(3, Deed.Revoke), (3, Deed.PassHours), (3, Deed.Kill), (2, Deed.Outage), (2, Deed.Throttle), (5, Deed.Sweep)];

    private static Arbitrary<Scenario> Scenarios { get; } = Arb.From(
        from seed in Gen.Choose(0, int.MaxValue - 1)
        from instances in Gen.Choose(1, 4)
        from leases in Gen.Elements(LeaseMode.Off, LeaseMode.Auto, LeaseMode.Always)
        from quota in Gen.Frequency((2, Gen.Choose(5, 60)), (2, Gen.Choose(100, 400)), (1, Gen.Choose(2000, 20_000)))
        from mishaps in Gen.Elements(0, 5, 20, 60, 150)
        from rare in Gen.Elements(0, 0, 1, 4)
        from count in Gen.Choose(200, 400)
        from steps in Gen.ArrayOf(StepOf(rare), count)
        select new Scenario(seed, instances, leases, quota, mishaps, steps),
        Smaller);

    [Fact]
    public void Promises_hold_in_every_scenario()
    {
        // The same run each time, so that a change is held to what the one before was; QUOTA_SEED=random looks for more, QUOTA_SEED=a,b makes a run again.
        var replay = Environment.GetEnvironmentVariable("QUOTA_SEED") switch
        {
            null or "" => [3712788094266657216, 8809956188057468593],
            "random" => [(ulong)Random.Shared.NextInt64(), (ulong)Random.Shared.NextInt64() | 1],
            var text => text.Split(',').Select(number => ulong.Parse(number, CultureInfo.InvariantCulture)).ToArray(),
        };
        output.WriteLine($"QUOTA_SEED={replay[0]},{replay[1]}");
        long steps = 0, granted = 0, commits = 0, turns = 0;
        var property = Prop.ForAll(Scenarios, scenario =>
        {
            var run = new ScenarioRun(scenario);
            run.Run();
            Interlocked.Add(ref steps, scenario.Steps.Count);
            Interlocked.Add(ref granted, run.Granted);
            Interlocked.Add(ref commits, run.Books.Commits);
            Interlocked.Add(ref turns, run.World.Turns);
        });
        var scenarios = int.Parse(Environment.GetEnvironmentVariable("QUOTA_SCENARIOS") ?? "400", CultureInfo.InvariantCulture);

        // Each world is one thread, so that as many run at once as there are processors.
        property.Check(Config.QuickThrowOnFailure.WithMaxTest(scenarios).WithQuietOnSuccess(true)
            .WithParallelRunConfig(FSharpOption<ParallelRunConfig>.Some(new ParallelRunConfig(Environment.ProcessorCount)))
            .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(replay[0], replay[1]), FSharpOption<int>.None))));

        output.WriteLine($"{steps} steps, {granted} granted, {commits} commits, {turns} turns");
        Assert.InRange(steps, 250L * scenarios, long.MaxValue);
        Assert.InRange(granted, steps / 10, steps);
    }

    [Fact]
    public void The_same_scenario_runs_the_same_way()
    {
        foreach (var scenario in Scenarios.Generator.Sample(5, 2))
        {
            var first = new ScenarioRun(scenario);
            var second = new ScenarioRun(scenario);
            first.Run();
            second.Run();
            Assert.Equal((first.World.Trace, first.World.Turns, first.Granted), (second.World.Trace, second.World.Turns, second.Granted));
        }
    }

    private static Gen<Step> StepOf(int rare) =>
        from deed in Gen.Frequency([.. Deeds.Select(item => (item.Weight, Gen.Constant(item.Deed))), .. RareDeeds.Where(_ => rare > 0).Select(item => (item.Weight * rare, Gen.Constant(item.Deed)))])
        from pause in Gen.Frequency((6, Gen.Choose(0, 3)), (3, Gen.Choose(0, 100)), (1, Gen.Choose(0, 5000)))
        from instance in Gen.Choose(0, 11)
        from key in Gen.Choose(0, 8)
        from cost in Gen.Frequency((3, Gen.Constant(1)), (2, Gen.Choose(1, 10)), (1, Gen.Choose(1, 60)))
        from claim in Gen.Frequency((3, Gen.Constant(0)), (1, Gen.Choose(1, 8)))
        from variant in Gen.Choose(0, 1000)
        select new Step(deed, pause, instance, key, cost, claim, variant);

    /// <summary>The scenario without some of its steps, with fewer instances, without mishaps.</summary>
    private static IEnumerable<Scenario> Smaller(Scenario scenario)
    {
        // Single steps only once there are few: what depends on much happening at once does not get small, and would take for ever.
        var smallest = Math.Max(1, scenario.Steps.Count / 16);
        for (var size = scenario.Steps.Count / 2; size >= smallest; size /= 2)
        {
            for (var start = 0; start < scenario.Steps.Count; start += size)
            {
                yield return scenario with { Steps = [.. scenario.Steps.Take(start), .. scenario.Steps.Skip(start + size)] };
            }
        }

        if (scenario.Instances > 1)
        {
            yield return scenario with { Instances = scenario.Instances - 1 };
        }

        if (scenario.Mishaps > 0)
        {
            yield return scenario with { Mishaps = 0 };
        }
    }
}
