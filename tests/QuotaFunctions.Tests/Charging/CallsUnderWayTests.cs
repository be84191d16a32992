using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Tests.Charging.Simulation;
using static QuotaFunctions.Tests.Charging.Simulation.OneKeyWorld;

namespace QuotaFunctions.Tests.Charging;

/// <summary>At most so many calls of a key at once, whichever instances they go through.</summary>
public sealed class CallsUnderWayTests
{
    [Fact]
    public void One_too_many_is_refused_until_another_has_ended() => Run(seed: 1, instances: 2, async (world, instances) =>
    {
        await LimitAsync(instances[0], 2);
        var first = await CallAsync(instances[0]);
        Assert.NotNull((await CallAsync(instances[1])).Charge);
        var refused = await CallAsync(instances[0]);
        Assert.Equal((ChargeRefusal.TooManyCalls, TimeSpan.FromSeconds(1)), (refused.Refusal, refused.RetryAfter));
        Assert.Equal(ChargeRefusal.TooManyCalls, (await CallAsync(instances[1])).Refusal);

        // What is consumed is no call
        Assert.NotNull((await ChargeAsync(instances[0])).Charge);
        await SettleAsync(instances[0], first);
        Assert.NotNull((await CallAsync(instances[1])).Charge);
        Assert.Equal(ChargeRefusal.TooManyCalls, (await CallAsync(instances[0])).Refusal);
    });

    [Fact]
    public void Who_asks_for_one_after_the_other_is_never_refused()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            Run(seed, instances: 3, async (world, instances) =>
            {
                await LimitAsync(instances[0], 1);
                var settling = new List<Task>();
                for (var i = 0; i < 10; i++)
                {
                    var call = await CallAsync(instances[i % 3]);
                    Assert.NotNull(call.Charge);

                    // The client has its answer before the call is settled
                    var by = instances[i % 3];
                    settling.Add(world.Spawn(() => SettleAsync(by, call)));
                }

                await Task.WhenAll(settling);
            });
        }
    }

    [Fact]
    public void Those_of_a_process_that_was_killed_do_not_stay() => Run(seed: 1, instances: 2, async (world, instances) =>
    {
        await LimitAsync(instances[0], 1);
        Assert.NotNull((await CallAsync(instances[0])).Charge);
        instances[0].Kill();
        Assert.Equal(ChargeRefusal.TooManyCalls, (await CallAsync(instances[1])).Refusal);
        await SweepAsync(world, instances[1]);
        Assert.NotNull((await CallAsync(instances[1])).Charge);
    });

    [Fact]
    public void One_that_goes_out_again_counts_as_well() => Run(seed: 1, instances: 1, async (world, instances) =>
    {
        await LimitAsync(instances[0], 1);
        var claim = new IdempotencyClaim("claim", "hash");
        var first = await CallAsync(instances[0], claim);
        await SettleAsync(instances[0], first);
        var other = await CallAsync(instances[0]);
        Assert.Equal(ChargeRefusal.TooManyCalls, (await CallAsync(instances[0], claim)).Refusal);
        await SettleAsync(instances[0], other);
        var again = await CallAsync(instances[0], claim);
        Assert.True(again is { Replayed: true, Charge.Cost: 0 });
        Assert.Equal(ChargeRefusal.TooManyCalls, (await CallAsync(instances[0])).Refusal);
        await SettleAsync(instances[0], again);
        Assert.NotNull((await CallAsync(instances[0])).Charge);
    });

    [Fact]
    public void Without_a_limit_a_call_is_a_plain_charge_and_counts_nothing() => Run(seed: 1, instances: 1, async (world, instances) =>
    {
        var request = new ChargeRequest { Secret = Secret, Kind = ChargeKind.Forward, RequestId = "r" };
        var plain = await instances[0].Engine.ChargeAsync(request, CancellationToken.None);
        Assert.False(plain.Charge!.IsHold);
        Assert.Null((await instances[0].Store.LoadKeyAsync(Key, CancellationToken.None))!.OpenCalls);

        // One that began before there was a limit is not counted, nor is its end
        await LimitAsync(instances[0], 1);
        Assert.NotNull((await CallAsync(instances[0])).Charge);
        await instances[0].Engine.SettleAsync(new Settlement { Charge = plain.Charge, Cost = 0, Outcome = ChargeOutcome.Failed }, CancellationToken.None);
        Assert.Equal(ChargeRefusal.TooManyCalls, (await CallAsync(instances[0])).Refusal);
    });

    private static Task<ChargeResult> CallAsync(SimulatedInstance instance, IdempotencyClaim? claim = null) => ChargeAsync(instance, TimeSpan.FromMinutes(1), claim);

    private static Task SettleAsync(SimulatedInstance instance, ChargeResult call) => instance.Engine.SettleAsync(
        new Settlement { Charge = call.Charge!, Cost = call.Charge!.Cost, Outcome = ChargeOutcome.Succeeded, Status = 200 }, CancellationToken.None);

    private static Task LimitAsync(SimulatedInstance instance, int calls) => instance.Keys.ChangeAsync(
        Key.KeyId, key => (key.Settings with { MaxConcurrent = calls }, key.Status), "admin", CancellationToken.None);
}
