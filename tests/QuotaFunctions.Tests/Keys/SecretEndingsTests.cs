using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Tests.Charging.Simulation;
using static QuotaFunctions.Tests.Keys.KeyWorld;

namespace QuotaFunctions.Tests.Keys;

public sealed class SecretEndingsTests
{
    private static readonly TimeSpan Overlap = TimeSpan.FromHours(10);

    [Fact]
    public void A_secret_that_has_ended_is_deleted_from_the_directory_and_no_other() => Run(async world =>
    {
        var instance = world.NewInstance();
        var first = await CreateAsync(instance);
        var untouched = await CreateAsync(instance);
        var second = await instance.Keys.RotateAsync(first.Key.Id, Overlap, "tester", default);

        await world.World.DelayAsync(TimeSpan.FromHours(9));
        Assert.Equal(0, await CleanAsync(instance));
        Assert.Null(await ChargeAsync(instance, first.Secret));

        await world.World.DelayAsync(TimeSpan.FromHours(4));
        Assert.Equal(1, await CleanAsync(instance));
        Assert.Equal(
            new[] { second.Secret.Hash, untouched.Secret.Hash }.Order(StringComparer.Ordinal), Directory(world));
        Assert.Null(await ChargeAsync(world.NewInstance(), second.Secret));
        Assert.Equal(0, await CleanAsync(instance));
    });

    [Fact]
    public void A_secret_that_never_came_to_be_is_deleted() => Run(async world =>
    {
        var instance = world.NewInstance();
        var first = await CreateAsync(instance);
        world.Once("state", "secret", () => instance.Kill());
        _ = instance.Keys.RotateAsync(first.Key.Id, TimeSpan.Zero, "tester", default);
        await world.World.DelayAsync(TimeSpan.FromHours(3));
        Assert.Equal(2, Directory(world).Count());

        var other = world.NewInstance();
        Assert.Equal(1, await CleanAsync(other));
        Assert.Equal([first.Secret.Hash], Directory(world));
        Assert.Null(await ChargeAsync(other, first.Secret));
    });

    [Fact]
    public void A_secret_that_a_rotation_was_to_end_and_did_not_goes_on() => Run(async world =>
    {
        var instance = world.NewInstance();
        var first = await CreateAsync(instance);
        world.Once("accounts", LedgerAdjustments.SecretAdded, () => world.Tables.IsDown = true);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => instance.Keys.RotateAsync(first.Key.Id, TimeSpan.Zero, "tester", default));
        world.Tables.IsDown = false;
        await world.World.DelayAsync(TimeSpan.FromHours(3));
        Assert.Equal(0, await CleanAsync(instance));
        Assert.Null(await ChargeAsync(instance, first.Secret));

        // The next one ends it, and has it deleted
        await instance.Keys.RotateAsync(first.Key.Id, TimeSpan.Zero, "tester", default);
        await world.World.DelayAsync(TimeSpan.FromHours(3));
        Assert.Equal(2, await CleanAsync(instance));
    });

    [Fact]
    public void One_that_cannot_be_deleted_keeps_no_other_and_is_deleted_the_next_time() => Run(async world =>
    {
        var instance = world.NewInstance();
        var keys = new[] { await CreateAsync(instance), await CreateAsync(instance) };
        foreach (var key in keys)
        {
            await instance.Keys.RotateAsync(key.Key.Id, TimeSpan.Zero, "tester", default);
        }

        await world.World.DelayAsync(TimeSpan.FromHours(3));
        var failures = 1;
        world.Tables.Refuses = actions => actions[0].Entity.RowKey == keys[0].Secret.Hash && failures-- > 0;
        Assert.Equal(1, await CleanAsync(instance));
        Assert.Equal(1, await CleanAsync(instance));
        Assert.Equal(2, Directory(world).Count());
    });

    private static Task<int> CleanAsync(SimulatedInstance instance) => instance.Get<ISecretCleaner>().CleanAsync(CancellationToken.None);

    private static IEnumerable<string> Directory(KeyWorld world) =>
        world.Tables.Query("keydirectory", null).Select(row => row.RowKey).Order(StringComparer.Ordinal);
}
