using QuotaFunctions.Core.Charging;
using QuotaFunctions.Tests.Charging.Simulation;
using Xunit.Abstractions;

namespace QuotaFunctions.Tests.Charging;

/// <summary>
/// The other half of the promises: that there is an answer. A scenario throws where anybody is told 503 though nothing went wrong; here the
/// load is gentle, so that what an instance holds is old whenever it is asked, and rows are compacted between one charge and the next.
/// </summary>
public sealed class LivenessTests(ITestOutputHelper output)
{
    private static readonly Deed[] Acts = [Deed.TopUp, Deed.ChangeQuota, Deed.ChangeRate, Deed.Switch, Deed.TopUpPool, Deed.Reset, Deed.Sweep];

    public static TheoryData<int, string> Worlds()
    {
        var worlds = new TheoryData<int, string>();
        foreach (var instances in new[] { 1, 2, 4 })
        {
            foreach (var leases in Enum.GetNames<LeaseMode>())
            {
                worlds.Add(instances, leases);
            }
        }

        return worlds;
    }

    [Theory]
    [MemberData(nameof(Worlds))]
    public void Nobody_is_told_503_when_nothing_goes_wrong(int instances, string leases)
    {
        for (var seed = 0; seed < 8; seed++)
        {
            new ScenarioRun(new Scenario(seed, instances, Enum.Parse<LeaseMode>(leases), 20_000, Mishaps: 0, Gentle(new Random(seed)))).Run();
        }
    }

    /// <summary>Each lone charge may read its account, write once and, where another instance was faster, look and write again.</summary>
    [Theory]
    [InlineData(1, 1.5)]
    [InlineData(4, 2.5)]
    public void A_lone_charge_takes_few_requests_to_the_storage(int instances, double most)
    {
        long asked = 0, requests = 0;
        for (var seed = 0; seed < 8; seed++)
        {
            OneKeyWorld.Run(seed, instances, LeaseMode.Auto, async (world, tables, all) =>
            {
                await OneKeyWorld.ChargeAsync(all[0]);
                for (var charge = 0; charge < 100; charge++)
                {
                    await world.DelayAsync(TimeSpan.FromMilliseconds(world.Random.Next(8000)));
                    var before = tables.Requests;
                    Assert.NotNull((await OneKeyWorld.ChargeAsync(all[world.Random.Next(instances)])).Charge);
                    requests += tables.Requests - before;
                    asked++;
                }
            });
        }

        output.WriteLine($"{instances} instances: {(double)requests / asked:0.00} requests to the storage for a charge");
        Assert.InRange((double)requests / asked, 1, most);
    }

    /// <summary>
    /// The near instance's next commit takes one round trip, and it never stops for want of work; the far one must read and write, over
    /// twice the way.
    /// </summary>
    [Fact]
    public void An_instance_that_commits_without_a_pause_does_not_keep_another_out()
    {
        for (var seed = 0; seed < 8; seed++)
        {
            var longest = TimeSpan.Zero;
            OneKeyWorld.Run(seed, 2, LeaseMode.Off, async (world, _, all) =>
            {
                all[1].Distance = 2 * all[0].Distance;
                var clients = all.SelectMany(instance => Enumerable.Range(0, 3).Select(_ => world.Spawn(async () =>
                {
                    while (world.Now < TimeSpan.FromSeconds(20).Ticks)
                    {
                        var before = world.Now;
                        Assert.NotNull((await OneKeyWorld.ChargeAsync(instance, cost: 1)).Charge);
                        var took = TimeSpan.FromTicks(world.Now - before);
                        longest = took > longest ? took : longest;
                    }
                })));
                await Task.WhenAll(clients.ToList());
            });
            output.WriteLine($"Seed {seed}: the longest wait was {longest.TotalMilliseconds:0} ms");
            Assert.InRange(longest, TimeSpan.Zero, TimeSpan.FromSeconds(4));
        }
    }

    private static List<Step> Gentle(Random random) => [.. Enumerable.Range(0, 150).Select(_ => new Step(
        random.Next(30) switch { 0 => Deed.Throttle, 1 => Deed.Poison, < 4 => Acts[random.Next(Acts.Length)], < 13 => Deed.Forward, _ => Deed.Consume },
        Pause: random.Next(4000),
        Instance: random.Next(12),
        Key: random.Next(7),
        Cost: 1,
        Claim: random.Next(5) == 0 ? random.Next(1, 9) : 0,
        Variant: random.Next(1000)))];
}
