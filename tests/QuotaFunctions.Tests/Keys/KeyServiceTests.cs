using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Validation;
using QuotaFunctions.Tests.Charging.Simulation;
using static QuotaFunctions.Tests.Keys.KeyWorld;

namespace QuotaFunctions.Tests.Keys;

public sealed class KeyServiceTests
{
    private static readonly TimeSpan LongerThanAnyPatience = TimeSpan.FromSeconds(20);

    [Fact]
    public void A_key_is_found_by_its_id_and_by_its_secret_and_is_good_at_once() => Run(async world =>
    {
        var instance = world.NewInstance();
        var issued = await CreateAsync(instance, "Ada");
        Assert.Equal("Ada", (await instance.Keys.FindAsync(issued.Key.Id, default))!.Settings.Name);
        Assert.Equal(issued.Key.Id, (await instance.Keys.FindAsync(issued.Secret.Reveal(), default))!.Id);
        Assert.Null(await instance.Keys.FindAsync("key_00000000000000000000", default));
        Assert.Null(await instance.Keys.FindAsync(KeySecret.New("trial").Reveal(), default));
        Assert.Null(await ChargeAsync(instance, issued.Secret));
        Assert.Null(await ChargeAsync(world.NewInstance(), issued.Secret));
    });

    [Fact]
    public void A_key_of_a_pool_that_is_not_there_or_revoked_is_not_made() => Run(async world =>
    {
        var instance = world.NewInstance();
        await Assert.ThrowsAsync<KeyNotFoundException>(() => CreateAsync(instance, pool: KeyLocator.NewPoolId()));
        var pool = await instance.Pools.CreateAsync(new PoolSettings { Name = "p", Quota = 1 }, default);
        await instance.Pools.RevokeAsync(pool.Id, "tester", default);
        await Assert.ThrowsAsync<KeyNotFoundException>(() => CreateAsync(instance, pool: pool.Id));
    });

    [Fact]
    public void A_revoked_key_is_refused_everywhere_and_nothing_can_be_done_with_it_any_more() => Run(async world =>
    {
        var (one, two) = (world.NewInstance(), world.NewInstance());
        var issued = await CreateAsync(one);
        Assert.Null(await ChargeAsync(two, issued.Secret));
        Assert.True(await one.Keys.RevokeAsync(issued.Key.Id, "tester", default));
        Assert.Equal(ChargeRefusal.KeyRevoked, await ChargeAsync(two, issued.Secret));
        Assert.True(await two.Keys.RevokeAsync(issued.Key.Id, "tester", default));
        Assert.False(await two.Keys.RevokeAsync("key_00000000000000000000", "tester", default));
        await Assert.ThrowsAsync<KeyNotFoundException>(() => ChangeAsync(two, issued.Key.Id, status: KeyStatus.Active));
        await Assert.ThrowsAsync<KeyNotFoundException>(() => two.Keys.ResetAsync(issued.Key.Id, null, "tester", default));
        await Assert.ThrowsAsync<KeyNotFoundException>(() => two.Keys.TopUpAsync(issued.Key.Id, 1, "tester", default));
        await Assert.ThrowsAsync<KeyNotFoundException>(() => two.Keys.RotateAsync(issued.Key.Id, TimeSpan.Zero, "tester", default));
    });

    [Fact]
    public void A_reset_takes_what_is_used_away_and_sets_a_new_quota() => Run(async world =>
    {
        var instance = world.NewInstance();
        var issued = await CreateAsync(instance);
        await ChargeAsync(instance, issued.Secret);
        var reset = await instance.Keys.ResetAsync(issued.Key.Id, 5, "tester", default);
        Assert.Equal((0, 5L, 5L), (reset.Quota.Used, reset.Quota.Limit, reset.Quota.Remaining));
    });

    [Fact]
    public void Top_ups_at_once_do_not_pass_the_largest_quota_together() => Run(async world =>
    {
        var (one, two) = (world.NewInstance(), world.NewInstance());
        var id = (await CreateAsync(one)).Key.Id;
        await one.Keys.ResetAsync(id, KeySettingsValidator.MaxQuota - 10, "tester", default);
        var both = new[] { one, two }.Select(instance => instance.Keys.TopUpAsync(id, 8, "tester", default)).ToList();
        await Task.WhenAll(both).ContinueWith(_ => { }, TaskScheduler.Current);
        Assert.Equal(1, both.Count(task => task.IsCompletedSuccessfully));
        Assert.Equal(["amount"], Assert.IsType<InvalidRequestException>(both.Single(task => task.IsFaulted).Exception!.InnerException).Errors.Keys);
        Assert.Equal(KeySettingsValidator.MaxQuota - 2, (await one.Keys.FindAsync(id, default))!.Quota.Limit);
    });

    /// <summary>What a charge would be refused for, a view is refused for, and nothing else.</summary>
    [Theory]
    [InlineData(KeyStatus.Active, KeyStatus.Active, false, null)]
    [InlineData(KeyStatus.Active, KeyStatus.Disabled, false, ChargeRefusal.KeyDisabled)]
    [InlineData(KeyStatus.Active, KeyStatus.Revoked, false, ChargeRefusal.KeyRevoked)]
    [InlineData(KeyStatus.Disabled, KeyStatus.Active, false, ChargeRefusal.KeyDisabled)]
    [InlineData(KeyStatus.Disabled, KeyStatus.Active, true, ChargeRefusal.KeyExpired)]
    [InlineData(KeyStatus.Active, KeyStatus.Disabled, true, ChargeRefusal.KeyExpired)]
    [InlineData(KeyStatus.Revoked, KeyStatus.Active, true, ChargeRefusal.KeyRevoked)]
    public void One_rule_says_whether_a_key_may_be_used(KeyStatus status, KeyStatus poolStatus, bool expired, ChargeRefusal? refusal) => Run(async world =>
    {
        var instance = world.NewInstance();
        var pool = await instance.Pools.CreateAsync(new PoolSettings { Name = "p", Quota = 10 }, default);
        var issued = await CreateAsync(instance, pool: pool.Id, expiresAt: world.World.ServiceTime.AddHours(expired ? -1 : 1));
        await (status == KeyStatus.Revoked ? (Task)instance.Keys.RevokeAsync(issued.Key.Id, "tester", default) : ChangeAsync(instance, issued.Key.Id, status: status));
        await (poolStatus == KeyStatus.Revoked
            ? (Task)instance.Pools.RevokeAsync(pool.Id, "tester", default)
            : instance.Pools.ChangeAsync(pool.Id, it => (it.Settings, poolStatus), "tester", default));

        var check = await instance.Keys.CheckAsync(issued.Secret, address: null, default);
        Assert.Equal((refusal, issued.Key.Id), (check.Refusal, check.Key?.Id));
        Assert.Equal(refusal, await ChargeAsync(instance, issued.Secret));
    });

    [Fact]
    public void A_secret_that_is_not_good_opens_nothing() => Run(async world =>
    {
        var instance = world.NewInstance();
        Assert.Equal(new KeyCheck(null, ChargeRefusal.KeyInvalid), await instance.Keys.CheckAsync(KeySecret.New("trial"), address: null, default));
        var issued = await CreateAsync(instance);
        await instance.Keys.RotateAsync(issued.Key.Id, TimeSpan.Zero, "tester", default);
        Assert.Equal(new KeyCheck(null, ChargeRefusal.KeyInvalid), await instance.Keys.CheckAsync(issued.Secret, address: null, default));
    });

    [Fact]
    public void An_address_that_is_not_allowed_is_refused_and_the_key_is_shown_to_who_needs_its_headers() => Run(async world =>
    {
        var instance = world.NewInstance();
        var issued = await CreateAsync(instance);
        await ChangeAsync(instance, issued.Key.Id, settings => settings with { AllowedIps = ["203.0.113.0/24"] });
        Assert.Null((await instance.Keys.CheckAsync(issued.Secret, System.Net.IPAddress.Parse("203.0.113.7"), default)).Refusal);
        var check = await instance.Keys.CheckAsync(issued.Secret, System.Net.IPAddress.Parse("198.51.100.7"), default);
        Assert.Equal((ChargeRefusal.AddressNotAllowed, issued.Key.Id), (check.Refusal, check.Key?.Id));
    });

    [Fact]
    public void A_view_of_a_busy_pools_key_takes_two_reads_however_busy_it_is() => Run(async world =>
    {
        var instance = world.NewInstance();
        var pool = await instance.Pools.CreateAsync(new PoolSettings { Name = "p", Quota = 10 }, default);
        var issued = await CreateAsync(instance, pool: pool.Id);
        var calls = 0;
        world.Tables.Fate = _ =>
        {
            // Somebody commits between any two of its reads
            calls++;
            world.Tables.Apply("accounts", [new(TableTransactionActionType.UpdateMerge, new TableEntity(pool.Id, "pool") { ["Sequence"] = 100L + calls })]);
            return Mishap.None;
        };
        Assert.NotNull((await instance.Keys.CheckAsync(issued.Secret, address: null, default)).Key);
        Assert.Equal(2, calls);
    });

    [Fact]
    public void A_rotation_ends_the_old_secret_when_the_overlap_ends() => Run(async world =>
    {
        var instance = world.NewInstance();
        var first = await CreateAsync(instance);
        var second = await instance.Keys.RotateAsync(first.Key.Id, TimeSpan.FromHours(1), "tester", default);
        Assert.Null(await ChargeAsync(instance, first.Secret));
        Assert.Null(await ChargeAsync(instance, second.Secret));

        await world.World.DelayAsync(TimeSpan.FromHours(1));
        Assert.Equal(ChargeRefusal.KeyInvalid, await ChargeAsync(instance, first.Secret));
        var third = await instance.Keys.RotateAsync(first.Key.Id, TimeSpan.Zero, "tester", default);
        Assert.Equal(ChargeRefusal.KeyInvalid, await ChargeAsync(world.NewInstance(), second.Secret));
        Assert.Null(await ChargeAsync(instance, third.Secret));
    });

    [Fact]
    public void An_overlap_that_ends_sooner_is_not_made_longer_by_the_next_rotation() => Run(async world =>
    {
        var instance = world.NewInstance();
        var first = await CreateAsync(instance);
        await instance.Keys.RotateAsync(first.Key.Id, TimeSpan.FromMinutes(1), "tester", default);
        await instance.Keys.RotateAsync(first.Key.Id, TimeSpan.FromHours(1), "tester", default);
        await world.World.DelayAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(ChargeRefusal.KeyInvalid, await ChargeAsync(instance, first.Secret));
    });

    /// <summary>As often as a key has room for secrets, and once more.</summary>
    [Fact]
    public void After_rotations_that_were_answered_by_503_and_carried_out_all_the_same_the_old_secret_is_good_and_it_works_in_the_end() => Run(async world =>
    {
        var instance = world.NewInstance();
        var first = await CreateAsync(instance);
        for (var i = 0; i < 21; i++)
        {
            // It is carried out, and its answer is lost, as is every look-up of what became of it
            world.Once("accounts", LedgerAdjustments.SecretAdded, () => world.Tables.IsDown = true);
            await Assert.ThrowsAsync<StorageUnavailableException>(() => instance.Keys.RotateAsync(first.Key.Id, TimeSpan.Zero, "tester", default));
            world.Tables.IsDown = false;
            await world.World.DelayAsync(LongerThanAnyPatience);
            Assert.Null(await ChargeAsync(instance, first.Secret));
        }

        var second = await instance.Keys.RotateAsync(first.Key.Id, TimeSpan.Zero, "tester", default);
        Assert.Equal(ChargeRefusal.KeyInvalid, await ChargeAsync(instance, first.Secret));
        Assert.Null(await ChargeAsync(instance, second.Secret));
        Assert.Single((await instance.Keys.FindAsync(first.Key.Id, default))!.Secrets, secret => secret.IsLive(world.World.ServiceTime));
    });

    [Fact]
    public void A_new_secret_is_shown_though_storage_goes_away_before_the_old_one_ends_and_that_ends_when_storage_is_back() => Run(async world =>
    {
        var instance = world.NewInstance();
        var first = await CreateAsync(instance);
        world.Once("accounts", LedgerAdjustments.SecretAdded, () => world.Tables.Fate = isWrite =>
        {
            world.Tables.IsDown |= isWrite;
            return isWrite ? Mishap.LostBefore : Mishap.None;
        });
        var second = await instance.Keys.RotateAsync(first.Key.Id, TimeSpan.Zero, "tester", default);
        world.Tables.Fate = _ => Mishap.None;
        world.Tables.IsDown = false;
        await world.World.DelayAsync(LongerThanAnyPatience);
        Assert.Null(await ChargeAsync(instance, second.Secret));
        Assert.Equal(ChargeRefusal.KeyInvalid, await ChargeAsync(instance, first.Secret));
    });
}
