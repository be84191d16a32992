using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;
using static QuotaFunctions.Tests.Charging.Simulation.OneKeyWorld;

namespace QuotaFunctions.Tests.Charging;

/// <summary>What <see cref="EngineProperties"/> hit upon once in thousands of scenarios, aimed at. Each seed is another order of things.</summary>
public sealed class EngineRegressionTests
{
    /// <summary>A lease that begins just when all of them are being closed must not be missed.</summary>
    [Fact]
    public void A_disabled_key_is_dead_at_once_though_another_instance_takes_a_lease_meanwhile()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            Run(seed, instances: 3, async (world, instances) =>
            {
                // One lease is out, so that the act looks for leases; another instance takes its own at that moment.
                await ChargeAsync(instances[0]);
                var disabling = world.Spawn(() => instances[1].Keys.ChangeAsync(
                    Key.KeyId, key => (key.Settings, KeyStatus.Disabled), "admin", CancellationToken.None));
                await world.DelayAsync(TimeSpan.FromMilliseconds(world.Random.Next(20)));
                var charging = world.Spawn(() => ChargeAsync(instances[2]));
                await Task.WhenAll(disabling, charging);

                foreach (var instance in instances)
                {
                    Assert.Equal(ChargeRefusal.KeyDisabled, (await ChargeAsync(instance)).Refusal);
                }
            });
        }
    }

    /// <summary>What another instance's lease has set aside meanwhile is free for who needs it, not gone.</summary>
    [Fact]
    public void A_charge_is_granted_though_another_instance_takes_a_lease_on_what_it_needs_meanwhile()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            Run(seed, instances: 2, quota: 1200, deeds: async (world, instances) =>
            {
                // The first charge brings a lease of 74 units along, the second uses it up, so that the third has it ended.
                await ChargeAsync(instances[0]);
                Assert.NotNull((await ChargeAsync(instances[0], cost: 74)).Charge);
                var other = world.Spawn(() => ChargeAsync(instances[1]));
                await world.DelayAsync(TimeSpan.FromTicks(world.Random.NextInt64(TimeSpan.TicksPerMillisecond * 40)));

                Assert.NotNull((await ChargeAsync(instances[0], cost: 1100)).Charge);
                await other;
            });
        }
    }

    [Fact]
    public void A_charge_of_nothing_is_granted_though_less_than_nothing_is_left_and_is_in_the_log() => Run(seed: 1, instances: 2, quota: 10, deeds: async (world, instances) =>
    {
        await ChargeAsync(instances[0], cost: 10);
        await instances[0].Keys.ChangeAsync(Key.KeyId, key => (key.Settings with { Quota = 7 }, key.Status), "admin", CancellationToken.None);
        Assert.Equal(ChargeRefusal.QuotaExhausted, (await ChargeAsync(instances[1], cost: 1)).Refusal);

        var free = await ChargeAsync(instances[1], cost: 0);

        Assert.Equal((0, 0), (free.Charge!.Cost, free.Quota!.Remaining));
        await SweepAsync(world, instances[0]);
        Assert.Equal([0, 10], (await LogAsync(instances[0], "consumed")).Rows.Select(row => row.Cost));
    });

    [Fact]
    public void A_charge_is_settled_once_even_when_the_mark_of_that_is_long_gone() => Run(seed: 1, instances: 1, async (world, instances) =>
    {
        var instance = instances[0];
        var charge = (await ChargeAsync(instance, TimeSpan.FromMinutes(1))).Charge!;
        await world.DelayAsync(TimeSpan.FromMinutes(2));
        await SweepAsync(world, instance);
        await world.DelayAsync(TimeSpan.FromHours(30));
        await SweepAsync(world, instance);
        await instance.ExpiredMarks.DeleteAsync(CancellationToken.None);
        Assert.Null(await instance.Store.FindSettlementAsync(Key, charge.Id, CancellationToken.None));

        await instance.Engine.SettleAsync(new Settlement { Charge = charge, Outcome = ChargeOutcome.Failed, Cost = 0 }, CancellationToken.None);

        Assert.Equal(charge.Cost, (await instance.Keys.FindAsync(Key.KeyId, CancellationToken.None))!.Quota.Used);
    });

    /// <summary>The old mark is listed, the new one takes its place, and that must not be what is deleted.</summary>
    [Fact]
    public void An_Idempotency_Key_that_is_used_again_while_its_old_mark_is_deleted_is_remembered()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            Run(seed, instances: 2, async (world, instances) =>
            {
                var claim = new IdempotencyClaim("claim", "the same");
                await ChargeAsync(instances[0], claim: claim);
                await world.DelayAsync(TimeSpan.FromHours(30));
                var deleting = world.Spawn(() => instances[0].ExpiredMarks.DeleteAsync(CancellationToken.None));
                await world.DelayAsync(TimeSpan.FromMilliseconds(world.Random.Next(40)));
                var again = world.Spawn(() => ChargeAsync(instances[1], claim: claim));
                await Task.WhenAll(deleting, again);

                Assert.True((await ChargeAsync(instances[0], claim: claim)).Replayed);
            });
        }
    }
}
