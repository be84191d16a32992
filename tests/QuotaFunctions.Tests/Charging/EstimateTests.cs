using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Tests.Charging.Simulation;
using static QuotaFunctions.Tests.Charging.Simulation.OneKeyWorld;

namespace QuotaFunctions.Tests.Charging;

/// <summary>Of what a call may cost, as much is held as is left; the call is refused where that is less than it needs.</summary>
public sealed class EstimateTests
{
    [Fact]
    public void As_much_is_held_as_is_left() => Run(seed: 1, instances: 2, quota: 100, deeds: async (world, instances) =>
    {
        await SetAsync(instances[0], key => key with { Unit = QuotaUnit.Tokens });

        var first = (await CallAsync(instances[0], new CostEstimate(70, 20))).Charge!;
        var second = (await CallAsync(instances[1], new CostEstimate(70, 20))).Charge!;
        var third = await CallAsync(instances[0], new CostEstimate(70, 20));

        Assert.Equal((70, 70, 30, 30), (first.Cost, first.Granted, second.Cost, second.Granted));
        Assert.Equal((ChargeRefusal.QuotaExhausted, 0), (third.Refusal, third.Quota!.Remaining));
        await instances[0].Engine.SettleAsync(new Settlement { Charge = first, Outcome = ChargeOutcome.Succeeded, Cost = 50 }, CancellationToken.None);

        // By then the other instance knows
        await world.DelayAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(20, (await CallAsync(instances[1], new CostEstimate(70, 20))).Charge!.Cost);
    });

    [Fact]
    public void Many_at_once_never_hold_more_than_there_is()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            Run(seed, instances: 3, quota: 100, deeds: async (world, instances) =>
            {
                await SetAsync(instances[0], key => key with { Unit = QuotaUnit.Tokens });

                var calls = new List<ChargeResult>();
                await Task.WhenAll(Enumerable.Range(0, 20).Select(i => world.Spawn(async () => calls.Add(await CallAsync(instances[i % 3], new CostEstimate(30, 7))))));

                var granted = calls.Where(call => call.Charge is not null).Select(call => call.Charge!.Cost).ToList();
                Assert.Equal([30, 30, 30, 10], granted.OrderDescending());
                Assert.All(calls.Where(call => call.Charge is null), call => Assert.Equal(ChargeRefusal.QuotaExhausted, call.Refusal));
            });
        }
    }

    [Theory]
    [InlineData(30, 30, null)]
    [InlineData(20, 20, null)]
    [InlineData(19, null, ChargeRefusal.CostTooHigh)]
    public void No_more_is_held_than_a_charge_may_cost(long maxCost, int? held, ChargeRefusal? refusal) => Run(seed: 1, instances: 1, async (world, instances) =>
    {
        await SetAsync(instances[0], key => key with { Unit = QuotaUnit.Tokens, MaxCost = maxCost });

        var call = await CallAsync(instances[0], new CostEstimate(70, 20));

        Assert.Equal((held, refusal), ((int?)call.Charge?.Cost, call.Refusal));
    });

    [Fact]
    public void What_goes_out_again_may_cost_what_was_held_the_first_time() => Run(seed: 1, instances: 1, quota: 50, deeds: async (world, instances) =>
    {
        await SetAsync(instances[0], key => key with { Unit = QuotaUnit.Tokens });
        var claim = new IdempotencyClaim("claim", "hash");

        var first = (await CallAsync(instances[0], new CostEstimate(70, 20), claim)).Charge!;
        await instances[0].Engine.SettleAsync(new Settlement { Charge = first, Outcome = ChargeOutcome.Succeeded, Cost = 40 }, CancellationToken.None);
        var again = (await CallAsync(instances[0], new CostEstimate(70, 20), claim)).Charge!;

        Assert.Equal((0, 50), (again.Cost, again.Granted));
    });

    [Fact]
    public void In_dollars_what_has_no_price_is_refused() => Run(seed: 1, instances: 1, async (world, instances) =>
    {
        await SetAsync(instances[0], key => key with { Unit = QuotaUnit.Usd });

        var refused = await CallAsync(instances[0], new CostEstimate(70, 20));
        var priced = await instances[0].Engine.ChargeAsync(Request(new CostEstimate(70, 20)) with { DollarEstimate = new CostEstimate(9) }, CancellationToken.None);
        var free = await instances[0].Engine.ChargeAsync(Request(null) with { DollarEstimate = new CostEstimate(0) }, CancellationToken.None);
        var consumed = await instances[0].Engine.ChargeAsync(Request(null) with { Kind = ChargeKind.Consume, Provider = null, Cost = 0.000003m }, CancellationToken.None);

        Assert.Equal(ChargeRefusal.ModelNotPriced, refused.Refusal);
        Assert.Equal((9, true), (priced.Charge!.Cost, priced.Charge.IsHold));
        Assert.Equal((0, false), (free.Charge!.Cost, free.Charge.IsHold));
        Assert.Equal((3, 100_000 - 12), (consumed.Charge!.Cost, consumed.Quota!.Remaining));
    });

    [Fact]
    public void A_key_that_counts_requests_does_not_care() => Run(seed: 1, instances: 1, async (world, instances) =>
        Assert.Equal(1, (await CallAsync(instances[0], new CostEstimate(70, 20))).Charge!.Cost));

    private static Task<ApiKey> SetAsync(SimulatedInstance instance, Func<KeySettings, KeySettings> change) =>
        instance.Keys.ChangeAsync(Key.KeyId, key => (change(key.Settings), key.Status), "admin", CancellationToken.None);

    private static Task<ChargeResult> CallAsync(SimulatedInstance instance, CostEstimate tokens, IdempotencyClaim? claim = null) =>
        instance.Engine.ChargeAsync(Request(tokens) with { Idempotency = claim }, CancellationToken.None);

    private static ChargeRequest Request(CostEstimate? tokens) => new() { Secret = Secret, TokenEstimate = tokens, RequestId = "r", Provider = "p" };
}
