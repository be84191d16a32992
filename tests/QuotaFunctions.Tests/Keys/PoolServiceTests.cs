using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Validation;
using QuotaFunctions.Tests.Charging.Simulation;
using static QuotaFunctions.Tests.Keys.KeyWorld;

namespace QuotaFunctions.Tests.Keys;

public sealed class PoolServiceTests
{
    [Fact]
    public void A_pool_is_found_changed_and_listed_until_it_is_revoked() => Run(async world =>
    {
        var (one, two) = (world.NewInstance(), world.NewInstance());
        var pool = await CreatePoolAsync(one);
        var other = await CreatePoolAsync(one);
        Assert.Equal("p", (await two.Pools.FindAsync(pool.Id, default))!.Settings.Name);
        Assert.Null(await two.Pools.FindAsync(KeyLocator.NewPoolId(), default));
        Assert.Null(await two.Pools.FindAsync("nonsense", default));

        var changed = await two.Pools.ChangeAsync(pool.Id, it => (it.Settings with { Name = "q", Quota = 7 }, KeyStatus.Disabled), "tester", default);
        Assert.Equal(("q", 7, KeyStatus.Disabled), (changed.Settings.Name, changed.Settings.Quota, changed.Status));
        Assert.Equal(new[] { pool.Id, other.Id }.Order(StringComparer.Ordinal), (await one.Pools.ListAsync(null, default)).Select(it => it.Id));

        Assert.True(await one.Pools.RevokeAsync(pool.Id, "tester", default));
        Assert.Equal([other.Id], (await two.Pools.ListAsync(null, default)).Select(it => it.Id));
        Assert.False(await one.Pools.RevokeAsync(pool.Id, "tester", default));
        await Assert.ThrowsAsync<KeyNotFoundException>(() => two.Pools.TopUpAsync(pool.Id, 1, "tester", default));
        await Assert.ThrowsAsync<KeyNotFoundException>(() => two.Pools.TopUpAsync("nonsense", 1, "tester", default));
    });

    [Fact]
    public void Pools_are_not_among_the_keys() => Run(async world =>
    {
        var instance = world.NewInstance();
        var pool = await CreatePoolAsync(instance);
        var key = await CreateAsync(instance, pool: pool.Id);
        Assert.Equal([key.Key.Id], (await ListAsync(instance)).Keys.Select(it => it.Id));
    });

    [Fact]
    public void A_top_up_adds_and_does_not_pass_the_largest_quota() => Run(async world =>
    {
        var instance = world.NewInstance();
        var pool = await CreatePoolAsync(instance);
        Assert.Equal(15, (await instance.Pools.TopUpAsync(pool.Id, 5, "tester", default)).Quota.Limit);
        var refused = await Assert.ThrowsAsync<InvalidRequestException>(
            () => instance.Pools.TopUpAsync(pool.Id, KeySettingsValidator.MaxQuota - 14, "tester", default));
        Assert.Equal(["amount"], refused.Errors.Keys);
        Assert.Equal(KeySettingsValidator.MaxQuota, (await instance.Pools.TopUpAsync(pool.Id, KeySettingsValidator.MaxQuota - 15, "tester", default)).Quota.Limit);
    });

    [Fact]
    public void A_reset_takes_what_is_used_away() => Run(async world =>
    {
        var instance = world.NewInstance();
        var pool = await CreatePoolAsync(instance);
        await ChargeAsync(instance, (await CreateAsync(instance, pool: pool.Id)).Secret);
        Assert.Equal(9, (await instance.Pools.FindAsync(pool.Id, default))!.Quota.Remaining);
        Assert.Equal(20, (await instance.Pools.ResetAsync(pool.Id, 20, "tester", default)).Quota.Remaining);
    });

    private static Task<Pool> CreatePoolAsync(SimulatedInstance instance) =>
        instance.Pools.CreateAsync(new PoolSettings { Name = "p", Quota = 10 }, CancellationToken.None);
}
