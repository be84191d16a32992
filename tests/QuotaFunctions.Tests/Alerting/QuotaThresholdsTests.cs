using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Alerting;
using QuotaFunctions.Core.Usage;

namespace QuotaFunctions.Tests.Alerting;

/// <summary>Thresholds of quotas, by what copies usage, on simulated tables.</summary>
public sealed class QuotaThresholdsTests
{
    private static readonly RefillPolicy Daily = new() { Period = RefillPeriod.Daily, Amount = 100 };

    [Fact]
    public void Each_threshold_is_told_once_as_it_is_reached() => AlertWorld.Run(async world =>
    {
        var instance = world.NewInstance();
        var key = await AlertWorld.CreateKeyAsync(instance);
        await world.UseAsync(instance, key, 49);
        Assert.Empty(world.Told());
        await world.UseAsync(instance, key, 1);
        await world.UseAsync(instance, key, 29);
        Assert.Equal(["Opened quota_threshold 50"], world.Told());
        await world.UseAsync(instance, key, 1);
        await world.UseAsync(instance, key, 14);
        await world.UseAsync(instance, key, 1);
        await world.UseAsync(instance, key, 4);
        await world.UseAsync(instance, key, 1);
        await world.SweepAsync(instance);

        Assert.Equal(["Opened quota_threshold 50", "Raised quota_threshold 80", "Raised quota_threshold 95", "Raised quota_threshold 100"], world.Told());
        var alert = Assert.Single(await AlertWorld.ListAsync(instance));
        Assert.Equal((key.Key.Id, AlertSeverity.Critical, 100d), (alert.Subject, alert.Severity, alert.Value));
        Assert.Equal(("Ada", "100", "100"), (alert.Data["name"], alert.Data["used"], alert.Data["limit"]));
    });

    [Fact]
    public void Thresholds_that_are_passed_together_are_told_as_one() => AlertWorld.Run(async world =>
    {
        var instance = world.NewInstance();
        var key = await AlertWorld.CreateKeyAsync(instance);
        await world.UseAsync(instance, key, 97);
        Assert.Equal(["Opened quota_threshold 95"], world.Told());
    });

    [Fact]
    public void A_top_up_makes_room_and_the_thresholds_are_told_anew() => AlertWorld.Run(async world =>
    {
        var instance = world.NewInstance();
        var key = await AlertWorld.CreateKeyAsync(instance);
        await world.UseAsync(instance, key, 96);

        // 96 of 160: half of it is used still
        await instance.Keys.TopUpAsync(key.Key.Id, 60, "tester", CancellationToken.None);
        await world.SweepAsync(instance);
        await instance.Keys.TopUpAsync(key.Key.Id, 840, "tester", CancellationToken.None);
        await world.SweepAsync(instance);
        Assert.Equal(["Opened quota_threshold 95", "Lowered quota_threshold 50", "Resolved quota_threshold 0"], world.Told());
        Assert.Empty(await AlertWorld.ListAsync(instance));

        await world.UseAsync(instance, key, 704);
        Assert.Equal("Opened quota_threshold 80", world.Told()[^1]);
    });

    [Fact]
    public void A_reset_resolves() => AlertWorld.Run(async world =>
    {
        var instance = world.NewInstance();
        var key = await AlertWorld.CreateKeyAsync(instance);
        await world.UseAsync(instance, key, 80);
        await instance.Keys.ResetAsync(key.Key.Id, quota: null, "tester", CancellationToken.None);
        await world.SweepAsync(instance);
        await world.UseAsync(instance, key, 80);
        Assert.Equal(["Opened quota_threshold 80", "Resolved quota_threshold 0", "Opened quota_threshold 80"], world.Told());
    });

    [Fact]
    public void A_refill_is_told_with_the_next_request() => AlertWorld.Run(async world =>
    {
        var instance = world.NewInstance();
        var key = await AlertWorld.CreateKeyAsync(instance, refill: Daily);
        await world.UseAsync(instance, key, 80);
        await world.PassAsync(TimeSpan.FromDays(1));
        await world.UseAsync(instance, key, 1);
        await world.UseAsync(instance, key, 79);
        Assert.Equal(["Opened quota_threshold 80", "Resolved quota_threshold 0", "Opened quota_threshold 80"], world.Told());
    });

    [Fact]
    public void A_refill_of_a_key_that_nobody_uses_is_told_by_the_timer() => AlertWorld.Run(async world =>
    {
        var instance = world.NewInstance();
        var key = await AlertWorld.CreateKeyAsync(instance, refill: Daily);
        await world.UseAsync(instance, key, 100);
        await AlertWorld.EvaluateAsync(instance);
        Assert.Single(world.Told());
        await world.PassAsync(TimeSpan.FromDays(1));
        await AlertWorld.EvaluateAsync(instance);
        await AlertWorld.EvaluateAsync(instance);
        Assert.Equal(["Opened quota_threshold 100", "Resolved quota_threshold 0"], world.Told());
    });

    [Fact]
    public void A_revoked_key_needs_no_attention() => AlertWorld.Run(async world =>
    {
        var instance = world.NewInstance();
        var key = await AlertWorld.CreateKeyAsync(instance);
        await world.UseAsync(instance, key, 100);
        await instance.Keys.RevokeAsync(key.Key.Id, "tester", CancellationToken.None);
        await world.SweepAsync(instance);
        Assert.Empty(await AlertWorld.ListAsync(instance));
    });

    [Fact]
    public void A_pool_has_thresholds_and_its_top_up_is_seen_by_the_timer() => AlertWorld.Run(async world =>
    {
        var instance = world.NewInstance();
        var pool = await instance.Pools.CreateAsync(new PoolSettings { Name = "Everybody", Quota = 100 }, CancellationToken.None);
        var key = await AlertWorld.CreateKeyAsync(instance, quota: 1000, pool: pool.Id);
        await world.UseAsync(instance, key, 80);
        var alert = Assert.Single(await AlertWorld.ListAsync(instance));
        Assert.Equal((pool.Id, "Everybody", 80d), (alert.Subject, alert.Data["name"], alert.Value));

        await instance.Pools.TopUpAsync(pool.Id, 900, "tester", CancellationToken.None);
        await AlertWorld.EvaluateAsync(instance);
        Assert.Equal(["Opened quota_threshold 80", "Resolved quota_threshold 0"], world.Told());
    });

    /// <summary>The process dies after the alert was written and before the copy was; or another instance copies at the same time.</summary>
    [Fact]
    public void What_is_told_twice_is_told_once() => AlertWorld.Run(async world =>
    {
        var instance = world.NewInstance();
        var key = await AlertWorld.CreateKeyAsync(instance);
        await world.UseAsync(instance, key, 80);
        var thresholds = instance.Get<QuotaThresholds>();
        foreach (var _ in Enumerable.Range(0, 3))
        {
            await thresholds.ToldAsync(before: null, Standing(key.Key.Id, 80, await PeriodAsync(), version: 1000), CancellationToken.None);
        }

        Assert.Single(world.Told());
        async Task<string> PeriodAsync() => (await AlertWorld.ListAsync(instance))[0].Period!;
    });

    [Fact]
    public void What_is_told_of_the_past_is_ignored() => AlertWorld.Run(async world =>
    {
        var thresholds = world.NewInstance().Get<QuotaThresholds>();
        await thresholds.ToldAsync(before: null, Standing("key_x", 80, "one", version: 5), CancellationToken.None);
        await thresholds.ToldAsync(new StandingMark(100, 80, "one"), Standing("key_x", 0, "two", version: 9), CancellationToken.None);
        await thresholds.ToldAsync(new StandingMark(100, 80, "one"), Standing("key_x", 95, "one", version: 8), CancellationToken.None);
        Assert.Equal(["Opened quota_threshold 80", "Resolved quota_threshold 0"], world.Told());
    });

    [Fact]
    public void What_a_refund_takes_back_does_not_have_a_threshold_told_again() => AlertWorld.Run(async world =>
    {
        var thresholds = world.NewInstance().Get<QuotaThresholds>();
        await thresholds.ToldAsync(before: null, Standing("key_x", 80, "one", version: 5), CancellationToken.None);
        await thresholds.ToldAsync(new StandingMark(100, 80, "one"), Standing("key_x", 79, "one", version: 6), CancellationToken.None);
        await thresholds.ToldAsync(new StandingMark(100, 79, "one"), Standing("key_x", 81, "one", version: 7), CancellationToken.None);
        Assert.Single(world.Told());
    });

    [Fact]
    public void One_that_an_admin_resolved_opens_again_with_the_next_threshold_and_with_the_next_grant() => AlertWorld.Run(async world =>
    {
        var instance = world.NewInstance();
        var key = await AlertWorld.CreateKeyAsync(instance);
        await world.UseAsync(instance, key, 50);
        var id = (await AlertWorld.ListAsync(instance))[0].Id;
        Assert.Equal(AlertState.Resolved, (await instance.Get<IAlerts>().ResolveAsync(id, CancellationToken.None))!.State);
        await world.UseAsync(instance, key, 10);
        await AlertWorld.EvaluateAsync(instance);
        Assert.Empty(await AlertWorld.ListAsync(instance));
        Assert.Single(await AlertWorld.ListAsync(instance, AlertState.Resolved));
        Assert.Single(await AlertWorld.ListAsync(instance, state: null));

        await world.UseAsync(instance, key, 20);
        Assert.Equal(80, Assert.Single(await AlertWorld.ListAsync(instance)).Value);
        await instance.Get<IAlerts>().ResolveAsync(id, CancellationToken.None);
        await instance.Keys.TopUpAsync(key.Key.Id, 50, "tester", CancellationToken.None);
        await world.SweepAsync(instance);
        Assert.Equal(50, Assert.Single(await AlertWorld.ListAsync(instance)).Value);
    });

    [Fact]
    public void One_that_is_snoozed_is_not_told_of_until_it_is_over() => AlertWorld.Run(async world =>
    {
        var instance = world.NewInstance();
        var key = await AlertWorld.CreateKeyAsync(instance);
        await world.UseAsync(instance, key, 50);
        await instance.Get<IAlerts>().SnoozeAsync((await AlertWorld.ListAsync(instance))[0].Id, TimeSpan.FromHours(1), CancellationToken.None);
        await world.UseAsync(instance, key, 50);
        Assert.Single(world.Told());
        Assert.Equal(100, Assert.Single(await AlertWorld.ListAsync(instance, AlertState.Snoozed)).Value);
        await instance.Keys.ResetAsync(key.Key.Id, quota: null, "tester", CancellationToken.None);
        await world.SweepAsync(instance);
        Assert.Equal(["Opened quota_threshold 50", "Resolved quota_threshold 0"], world.Told());
    });

    [Fact]
    public void Nothing_is_looked_up_where_no_threshold_is_passed() => AlertWorld.Run(async world =>
    {
        var instance = world.NewInstance();
        var thresholds = instance.Get<QuotaThresholds>();
        var before = world.Calls;
        await thresholds.ToldAsync(new StandingMark(100, 10, "one"), Standing("key_x", 49, "two", version: 1), CancellationToken.None);
        await thresholds.ToldAsync(new StandingMark(100, 81, "one"), Standing("key_x", 94, "one", version: 2), CancellationToken.None);
        await thresholds.ToldAsync(before: null, Standing("key_x", 94, "one", version: 2) with { Limit = null }, CancellationToken.None);
        Assert.Equal(before, world.Calls);
    });

    [Fact]
    public void A_row_that_nobody_can_read_does_not_hold_up_the_counting() => AlertWorld.Run(async world =>
    {
        var instance = world.NewInstance();
        var key = await AlertWorld.CreateKeyAsync(instance);
        var id = Alert.IdOf(AlertRules.QuotaThreshold, key.Key.Id);
        world.Tables.Apply(AlertWorld.Table, [new(Azure.Data.Tables.TableTransactionActionType.Add, new Azure.Data.Tables.TableEntity("alerts", $"known:{id}") { ["Json"] = "{" })]);
        await world.UseAsync(instance, key, 80);
        Assert.NotNull(world.Tables.Find("usage", "keys", key.Key.Id));
    });

    private static QuotaStanding Standing(string subject, long used, string period, long version) =>
        new(subject, "Ada", QuotaUnit.Requests, 100, used, period, ResetsAt: null, version);
}
