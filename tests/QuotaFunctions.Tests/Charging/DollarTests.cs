using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Validation;
using QuotaFunctions.Tests.Charging.Simulation;
using static QuotaFunctions.Tests.Keys.KeyWorld;

namespace QuotaFunctions.Tests.Charging;

/// <summary>Keys and pools that count in US dollars: to the millionth, and never in anything else.</summary>
public sealed class DollarTests
{
    private const long Dollar = QuotaAmount.UnitsPerDollar;

    [Fact]
    public void A_dollar_is_spent_in_ten_parts_and_not_in_eleven() => Run(async world =>
    {
        var instance = world.NewInstance();
        var key = await CreateInDollarsAsync(instance, Dollar);
        for (var i = 1; i <= 10; i++)
        {
            Assert.Equal(Dollar - (i * 100_000), (await ConsumeAsync(instance, key, 0.10m)).Quota!.Remaining);
        }

        Assert.Equal(ChargeRefusal.QuotaExhausted, (await ConsumeAsync(instance, key, 0.000001m)).Refusal);
        await instance.Keys.TopUpAsync(key.Key.Id, 1, "tester", default);
        Assert.Equal(1, (await ConsumeAsync(instance, key, 0.000001m)).Charge!.Cost);
    });

    [Fact]
    public void A_cost_that_is_none_in_the_unit_is_refused_and_takes_nothing() => Run(async world =>
    {
        var instance = world.NewInstance();
        var dollars = await CreateInDollarsAsync(instance, Dollar);
        var requests = await CreateAsync(instance);
        Assert.Equal(ChargeRefusal.CostInvalid, (await ConsumeAsync(instance, dollars, null)).Refusal);
        Assert.Equal(ChargeRefusal.CostInvalid, (await ConsumeAsync(instance, dollars, 0.0000001m)).Refusal);
        Assert.Equal(ChargeRefusal.CostInvalid, (await ConsumeAsync(instance, requests, 0.5m)).Refusal);
        Assert.Equal(0, (await instance.Keys.FindAsync(dollars.Key.Id, default))!.Quota.Used);
        Assert.Equal(0, (await instance.Keys.FindAsync(requests.Key.Id, default))!.Quota.Used);
    });

    [Fact]
    public void The_greatest_cost_is_the_same_number_in_every_unit() => Run(async world =>
    {
        var instance = world.NewInstance();
        var key = await CreateInDollarsAsync(instance, KeySettingsValidator.MaxQuota);
        Assert.Null((await ConsumeAsync(instance, key, ChargeRequest.MaxCost)).Refusal);

        var limited = await CreateInDollarsAsync(instance, Dollar, maxCost: 250_000);
        Assert.Equal(ChargeRefusal.CostTooHigh, (await ConsumeAsync(instance, limited, 0.250001m)).Refusal);
        Assert.Null((await ConsumeAsync(instance, limited, 0.25m)).Refusal);
    });

    [Fact]
    public void A_charge_is_settled_to_the_millionth() => Run(async world =>
    {
        var instance = world.NewInstance();
        var key = await CreateInDollarsAsync(instance, Dollar);
        var charge = (await ConsumeAsync(instance, key, 0.5m)).Charge!.Id.ToString();

        var wrong = await instance.Engine.SettleConsumedAsync(key.Secret, charge, success: true, 0.1234567m, default);
        Assert.Equal((ConsumeSettlementStatus.Refused, ChargeRefusal.CostInvalid, QuotaUnit.Usd), (wrong.Status, wrong.Refusal, wrong.Quota?.Unit));

        var settled = await instance.Engine.SettleConsumedAsync(key.Secret, charge, success: true, 0.123456m, default);
        Assert.Equal((ConsumeSettlementStatus.Settled, 123_456, Dollar - 123_456), (settled.Status, settled.Cost, settled.Quota?.Remaining));
    });

    [Fact]
    public void A_pool_in_dollars_is_drawn_on_in_dollars() => Run(async world =>
    {
        var instance = world.NewInstance();
        var pool = await instance.Pools.CreateAsync(new PoolSettings { Name = "p", Unit = QuotaUnit.Usd, Quota = 300_000 }, default);
        var key = await CreateInDollarsAsync(instance, Dollar, pool: pool.Id);
        Assert.Equal(100_000, (await ConsumeAsync(instance, key, 0.2m)).Quota!.Remaining);
        Assert.Equal(ChargeRefusal.QuotaExhausted, (await ConsumeAsync(instance, key, 0.100001m)).Refusal);

        var refused = await Assert.ThrowsAsync<InvalidRequestException>(
            () => instance.Pools.TopUpAsync(pool.Id, KeySettingsValidator.MaxQuota, "tester", default));
        Assert.Equal(["would make the quota larger than 1000000."], refused.Errors["amount"]);
        Assert.Equal(
            new Dictionary<string, QuotaUnit> { [pool.Id] = QuotaUnit.Usd, [key.Key.Id] = QuotaUnit.Usd },
            await instance.Keys.FindUnitsAsync(default));
    });

    private static Task<IssuedKey> CreateInDollarsAsync(SimulatedInstance instance, long quota, long? maxCost = null, string? pool = null) =>
        instance.Keys.CreateAsync(
            new KeySettings { Name = "n", Unit = QuotaUnit.Usd, Quota = quota, MaxCost = maxCost }, "trial", pool, "tester", default);

    private static Task<ChargeResult> ConsumeAsync(SimulatedInstance instance, IssuedKey key, decimal? cost) => instance.Engine.ChargeAsync(
        new ChargeRequest { Secret = key.Secret, Kind = ChargeKind.Consume, RequestId = "r", Cost = cost }, default);
}
