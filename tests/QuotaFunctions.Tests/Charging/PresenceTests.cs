using QuotaFunctions.Core.Charging;
using QuotaFunctions.Tests.Charging.Simulation;

namespace QuotaFunctions.Tests.Charging;

/// <summary>Room is left for those who said that they are there, and for nobody else.</summary>
public sealed class PresenceTests
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>A delay has whole milliseconds.</summary>
    private static readonly TimeSpan WholePause = Pause - TimeSpan.FromMilliseconds(2);

    [Fact]
    public void Who_is_alone_goes_on_at_once() => With(async (world, tables, one, _) =>
    {
        one.Show();
        await world.DelayAsync(TimeSpan.FromSeconds(1));

        Assert.InRange(await PauseAsync(world, one), TimeSpan.Zero, Pause / 4);
        Assert.True(tables.Requests > 0);
    });

    [Theory]
    [InlineData(1, true)]
    [InlineData(58, true)]
    [InlineData(62, false)]
    public void Another_instance_counts_for_a_minute(int secondsAgo, bool counts) => With(async (world, _, one, other) =>
    {
        other.Show();
        await world.DelayAsync(TimeSpan.FromSeconds(secondsAgo));

        Assert.Equal(counts, await PauseAsync(world, one) >= WholePause);
    });

    [Fact]
    public void While_storage_does_not_say_others_may_be_there() => With(async (world, tables, one, _) =>
    {
        tables.IsDown = true;
        Assert.InRange(await PauseAsync(world, one), WholePause, 2 * Pause);
    });

    [Fact]
    public void It_is_said_once_in_half_a_minute_and_again_where_storage_did_not_take_it() => With(async (world, tables, one, _) =>
    {
        tables.IsDown = true;
        Assert.True(await ShowAsync() > 0);
        Assert.True(await ShowAsync() > 0);

        tables.IsDown = false;
        Assert.Equal(1, await ShowAsync());
        Assert.Equal(0, await ShowAsync());
        await world.DelayAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(1, await ShowAsync());

        async Task<long> ShowAsync()
        {
            var before = tables.Requests;
            one.Show();
            await world.DelayAsync(TimeSpan.FromSeconds(10));
            return tables.Requests - before;
        }
    });

    /// <summary>The first instance has work without end, and does not know that the second one comes.</summary>
    [Fact]
    public void Who_comes_to_a_busy_account_has_a_turn_within_two_seconds() => OneKeyWorld.Run(1, 2, LeaseMode.Off, async (world, _, all) =>
    {
        all[1].Distance = 2 * all[0].Distance;
        var end = TimeSpan.FromSeconds(30).Ticks;
        var busy = Enumerable.Range(0, 3).Select(_ => world.Spawn(async () =>
        {
            while (world.Now < end)
            {
                await OneKeyWorld.ChargeAsync(all[0], cost: 1);
            }
        })).ToList();
        await world.DelayAsync(TimeSpan.FromSeconds(10));

        var before = world.Now;
        Assert.NotNull((await OneKeyWorld.ChargeAsync(all[1], cost: 1)).Charge);

        Assert.InRange(TimeSpan.FromTicks(world.Now - before), TimeSpan.Zero, TimeSpan.FromSeconds(2));
        await Task.WhenAll(busy);
    });

    private static async Task<TimeSpan> PauseAsync(World world, Presence presence)
    {
        var before = world.Now;
        await presence.LeaveRoomAsync(Pause, world.ServiceTime, CancellationToken.None);
        return TimeSpan.FromTicks(world.Now - before);
    }

    private static void With(Func<World, SimulatedTables, Presence, Presence, Task> test) => OneKeyWorld.Run(
        1, 2, LeaseMode.Off, (world, tables, all) => test(world, tables, all[0].Get<Presence>(), all[1].Get<Presence>()));
}
