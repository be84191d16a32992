using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Tests.Charging.Simulation;
using static QuotaFunctions.Tests.Charging.Simulation.OneKeyWorld;

namespace QuotaFunctions.Tests.Charging;

/// <summary>Calls with one Idempotency-Key: charged once, forwarded once more at the most, and never twice at a time, whichever instances they go through.</summary>
public sealed class RepeatedCallTests
{
    private static readonly IdempotencyClaim Claim = new("claim", "hash");

    [Fact]
    public void Only_one_of_many_at_once_is_charged_and_goes_out()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            Run(seed, instances: 3, async (world, instances) =>
            {
                var results = await CallAtOnceAsync(world, instances, 12);

                Assert.Single(results, result => result.Charge is not null);
                Assert.Equal(11, results.Count(result => result.Refusal == ChargeRefusal.IdempotencyInProgress));
                Assert.Equal(2, await UsedAsync(instances[0]));
            });
        }
    }

    [Fact]
    public void An_answer_that_is_kept_is_given_again_without_a_charge() => Run(seed: 1, instances: 2, async (world, instances) =>
    {
        await instances[0].Keys.ChangeAsync(Key.KeyId, key => (key.Settings with { RateLimitPerMinute = 1 }, key.Status), "admin", CancellationToken.None);
        var first = await CallAsync(instances[0]);
        await SettleAsync(instances[0], first, Repetition.KeptAnswer);

        // Not counted for the rate either: nothing goes out
        for (var i = 0; i < 3; i++)
        {
            var again = await CallAsync(instances[i % 2]);
            Assert.True(again is { Refusal: null, Replayed: true, IsAnswerKept: true });
            Assert.Equal((first.Charge!.Id, first.Charge.At, 2), (again.Charge!.Id, again.Charge.At, again.Charge.Cost));
        }

        Assert.Equal(2, await UsedAsync(instances[0]));
    });

    [Fact]
    public void One_that_is_gone_is_called_for_once_more_and_then_refused()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            Run(seed, instances: 3, async (world, instances) =>
            {
                await SettleAsync(instances[0], await CallAsync(instances[0]), Repetition.OnceMore);

                var results = await CallAtOnceAsync(world, instances, 6);
                var again = Assert.Single(results, result => result.Charge is not null);
                Assert.True(again is { Replayed: true, IsAnswerKept: false, Charge.Cost: 0 });
                Assert.All(results.Where(result => result.Charge is null), result => Assert.Equal(ChargeRefusal.IdempotencyInProgress, result.Refusal));
                await SettleAsync(instances[1], again, Repetition.OnceMore);

                foreach (var instance in instances)
                {
                    Assert.Equal(ChargeRefusal.IdempotencyAnswerGone, (await CallAsync(instance)).Refusal);
                }

                Assert.Equal(2, await UsedAsync(instances[0]));
            });
        }
    }

    [Fact]
    public void The_answer_to_the_second_call_may_be_kept_as_well() => Run(seed: 1, instances: 1, async (world, instances) =>
    {
        await SettleAsync(instances[0], await CallAsync(instances[0]), Repetition.OnceMore);
        var second = await CallAsync(instances[0]);
        await SettleAsync(instances[0], second, Repetition.KeptAnswer);

        var again = await CallAsync(instances[0]);

        Assert.True(again.IsAnswerKept);
        Assert.Equal((second.Charge!.Id, second.Charge.At, 0), (again.Charge!.Id, again.Charge.At, again.Charge.Cost));
    });

    [Fact]
    public void A_second_call_that_never_went_out_does_not_count() => Run(seed: 1, instances: 1, async (world, instances) =>
    {
        await SettleAsync(instances[0], await CallAsync(instances[0]), Repetition.OnceMore);
        for (var i = 0; i < 3; i++)
        {
            var again = await CallAsync(instances[0]);
            Assert.True(again is { Replayed: true, Charge.Cost: 0 });
            await SettleAsync(instances[0], again, Repetition.Anew);
        }
    });

    [Fact]
    public void What_was_refunded_is_charged_again() => Run(seed: 1, instances: 1, async (world, instances) =>
    {
        await SettleAsync(instances[0], await CallAsync(instances[0]), Repetition.Anew, cost: 0);

        var again = await CallAsync(instances[0]);

        Assert.True(again is { Replayed: false, Charge.Cost: 2 });
    });

    /// <summary>It is not given back, so that trying again is not charged either.</summary>
    [Fact]
    public void What_was_refunded_too_late_for_its_period_is_not() => Run(seed: 1, instances: 1, async (world, instances) =>
    {
        var first = await CallAsync(instances[0]);
        await instances[0].Keys.ResetAsync(Key.KeyId, quota: null, "admin", CancellationToken.None);
        await SettleAsync(instances[0], first, Repetition.Anew, cost: 0);

        Assert.True(await CallAsync(instances[0]) is { Replayed: true, Charge.Cost: 0 });
    });

    [Fact]
    public void What_costs_nothing_is_remembered_like_the_rest() => Run(seed: 1, instances: 1, async (world, instances) =>
    {
        var first = await ChargeAsync(instances[0], TimeSpan.FromMinutes(1), Claim, cost: 0);
        await SettleAsync(instances[0], first, Repetition.KeptAnswer);

        Assert.True((await CallAsync(instances[0])).IsAnswerKept);
    });

    [Fact]
    public void A_call_whose_process_died_is_under_way_until_that_is_known_and_goes_out_once_more() => Run(seed: 1, instances: 2, async (world, instances) =>
    {
        Assert.NotNull((await CallAsync(instances[0])).Charge);
        instances[0].Kill();
        Assert.Equal(ChargeRefusal.IdempotencyInProgress, (await CallAsync(instances[1])).Refusal);
        await SweepAsync(world, instances[1]);

        var again = await CallAsync(instances[1]);
        Assert.True(again is { Replayed: true, Charge.Cost: 0 });
        await SettleAsync(instances[1], again, Repetition.OnceMore);
        Assert.Equal(ChargeRefusal.IdempotencyAnswerGone, (await CallAsync(instances[1])).Refusal);
        Assert.Equal(2, await UsedAsync(instances[1]));
    });

    [Fact]
    public void Another_request_is_told_so_even_while_the_first_is_under_way() => Run(seed: 1, instances: 1, async (world, instances) =>
    {
        var first = await CallAsync(instances[0]);
        Assert.Equal(ChargeRefusal.IdempotencyMismatch, (await ChargeAsync(instances[0], TimeSpan.FromMinutes(1), Claim with { RequestHash = "another" })).Refusal);
        await SettleAsync(instances[0], first, Repetition.KeptAnswer);
        Assert.Equal(ChargeRefusal.IdempotencyMismatch, (await ChargeAsync(instances[0], TimeSpan.FromMinutes(1), Claim with { RequestHash = "another" })).Refusal);
    });

    [Theory]
    [InlineData(23.9, true)]
    [InlineData(24.1, false)]
    public void An_answer_is_given_again_for_a_day(double hours, bool isGiven) => Run(seed: 1, instances: 1, async (world, instances) =>
    {
        await SettleAsync(instances[0], await CallAsync(instances[0]), Repetition.KeptAnswer);
        await world.DelayAsync(TimeSpan.FromHours(hours));

        var again = await CallAsync(instances[0]);

        Assert.Equal((isGiven, isGiven, 2), (again.Replayed, again.IsAnswerKept, again.Charge!.Cost));
    });

    [Fact]
    public void A_key_that_is_revoked_gets_no_answer() => Run(seed: 1, instances: 1, async (world, instances) =>
    {
        await SettleAsync(instances[0], await CallAsync(instances[0]), Repetition.KeptAnswer);
        await instances[0].Keys.RevokeAsync(Key.KeyId, "admin", CancellationToken.None);

        Assert.Equal(ChargeRefusal.KeyRevoked, (await CallAsync(instances[0])).Refusal);
    });

    private static Task<ChargeResult> CallAsync(SimulatedInstance instance) => ChargeAsync(instance, TimeSpan.FromMinutes(1), Claim);

    private static async Task<ChargeResult[]> CallAtOnceAsync(World world, IReadOnlyList<SimulatedInstance> instances, int times)
    {
        var results = new ChargeResult[times];
        await Task.WhenAll(Enumerable.Range(0, times).Select(i => world.Spawn(async () => results[i] = await CallAsync(instances[i % instances.Count]))));
        return results;
    }

    private static Task SettleAsync(SimulatedInstance instance, ChargeResult call, Repetition repetition, long? cost = null) => instance.Engine.SettleAsync(
        new Settlement { Charge = call.Charge!, Cost = cost ?? call.Charge!.Cost, Outcome = ChargeOutcome.Succeeded, Repetition = repetition, Status = 200 }, CancellationToken.None);

    private static async Task<long> UsedAsync(SimulatedInstance instance) => (await instance.Keys.FindAsync(Key.KeyId, CancellationToken.None))!.Quota.Used;
}
