using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Usage;
using QuotaFunctions.Tests.Auditing;
using QuotaFunctions.Tests.Charging.Simulation;

namespace QuotaFunctions.Tests.Retention;

/// <summary>Revoked keys and pools are kept for 365 days.</summary>
public sealed class RevokedKeyTests
{
    [Theory]
    [InlineData(364.5, false)]
    [InlineData(365.5, true)]
    public void A_key_goes_a_year_after_it_was_revoked(double days, bool isGone) => AuditWorld.Run(1, async world =>
    {
        var instance = world.NewInstance("a");
        var (key, live) = (await instance.IssueAsync(), await instance.IssueAsync());
        await instance.ConsumeAndCompactAsync(key, 3);
        await instance.ConsumeAndCompactAsync(live, 3);
        await RevokeAsync(world, instance, key);
        await world.PassDaysAsync(days);

        await instance.RunRetentionAsync();

        Assert.Equal(isGone, await instance.Keys.FindAsync(key.Locator.KeyId, CancellationToken.None) is null);
        Assert.Equal(isGone, !(await instance.Keys.ListIdsAsync(tenant: null, CancellationToken.None)).Contains(key.Locator.KeyId));
        Assert.Equal(isGone, await world.NewInstance("b").Directory.FindAsync(key.Secret, CancellationToken.None) is null);
        Assert.Equal(isGone, world.Tables.Query(AuditWorld.Accounts, $"PartitionKey eq '{key.Account}'").Count == 0);
        Assert.Equal(isGone ? ChargeRefusal.KeyInvalid : ChargeRefusal.KeyRevoked, (await ChargeAsync(world.NewInstance("c"), key)).Refusal);
        Assert.NotNull((await ChargeAsync(instance, live)).Charge);
    });

    [Fact]
    public void A_key_with_something_unsettled_stays() => AuditWorld.Run(2, async world =>
    {
        var instance = world.NewInstance("a");
        var key = await instance.IssueAsync();
        await key.ForwardAsync(instance, 0);
        await instance.Keys.RevokeAsync(key.Locator.KeyId, "admin", CancellationToken.None);
        await world.PassDaysAsync(900);

        await instance.RunRetentionAsync();
        Assert.NotNull(await instance.Keys.FindAsync(key.Locator.KeyId, CancellationToken.None));

        // Settled by the sweep, which writes its record: from then on it is kept for a year
        await world.SweepAllAsync();
        await world.PassDaysAsync(10);
        await world.NewInstance("marks").ExpiredMarks.DeleteAsync(CancellationToken.None);
        await instance.RunRetentionAsync();
        Assert.NotNull(await instance.Keys.FindAsync(key.Locator.KeyId, CancellationToken.None));

        await world.PassDaysAsync(400);
        await instance.RunRetentionAsync();
        Assert.Null(await instance.Keys.FindAsync(key.Locator.KeyId, CancellationToken.None));
    });

    [Fact]
    public void A_pool_goes_after_its_last_key() => AuditWorld.Run(3, async world =>
    {
        var instance = world.NewInstance("a");
        var pool = await instance.Pools.CreateAsync(new PoolSettings { Name = "team", Quota = 1000 }, CancellationToken.None);
        var (first, second) = (await instance.IssueAsync(pool.Id), await instance.IssueAsync(pool.Id));
        await instance.ConsumeAndCompactAsync(first, 2);
        await instance.ConsumeAndCompactAsync(second, 2);
        await RevokeAsync(world, instance, first);
        await world.PassDaysAsync(400);

        await instance.RunRetentionAsync();
        Assert.Null(await instance.Keys.FindAsync(first.Locator.KeyId, CancellationToken.None));
        await instance.AssertBalancedAsync(second, 2);

        // Its key goes with it, though it was never revoked itself
        Assert.True(await instance.Pools.RevokeAsync(pool.Id, "admin", CancellationToken.None));
        await world.SweepAllAsync();
        await world.PassDaysAsync(400);
        await instance.RunRetentionAsync();
        await instance.RunRetentionAsync();
        Assert.Empty(world.Tables.Query(AuditWorld.Accounts, null));
    });

    /// <summary>What it used is told of the past for as long as that of any other key.</summary>
    [Fact]
    public void Days_of_usage_of_a_key_that_is_gone_stay_until_they_are_old() => AuditWorld.Run(4, async world =>
    {
        var instance = world.NewInstance("a");
        var key = await instance.IssueAsync();
        var start = world.World.ServiceTime;
        await instance.ConsumeAndCompactAsync(key, 3);
        await RevokeAsync(world, instance, key);
        await world.PassDaysAsync(400);
        await instance.RunRetentionAsync();

        Assert.Null(await instance.Keys.FindAsync(key.Locator.KeyId, CancellationToken.None));
        var query = new UsageQuery { From = start.AddHours(-1), To = start.AddDays(2) };
        Assert.Equal(3, (await instance.Get<IUsageReader>().ReadAsync(query, CancellationToken.None)).Total.Requests);

        await world.PassDaysAsync(402);
        await instance.RunRetentionAsync();
        Assert.Empty(world.Tables.Query("usage", "PartitionKey ge 'day-' and PartitionKey lt 'day.'"));
    });

    private static async Task RevokeAsync(AuditWorld world, SimulatedInstance instance, TestKey key)
    {
        Assert.True(await instance.Keys.RevokeAsync(key.Locator.KeyId, "admin", CancellationToken.None));
        await world.SweepAllAsync();
    }

    private static Task<ChargeResult> ChargeAsync(SimulatedInstance instance, TestKey key) =>
        instance.Engine.ChargeAsync(new ChargeRequest { Secret = key.Secret, Kind = ChargeKind.Consume, RequestId = "r" }, CancellationToken.None);
}
