using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Tests.Charging.Simulation;

namespace QuotaFunctions.Tests.Auditing;

/// <summary>All instances together ask for one sweep every half minute.</summary>
public sealed class SweepSchedulerTests
{
    private static readonly StorageNames Names = new(Options.Create(new StorageOptions()));

    [Fact]
    public void One_message_is_on_its_way_whoever_asks_and_however_often() => AuditWorld.Run(1, async world =>
    {
        var queues = new SimulatedQueues(world.World);
        var (one, other) = (NewScheduler(world, queues), NewScheduler(world, queues));
        for (var second = 0; second < 24; second++)
        {
            Assert.True(await one.TryArmAsync(CancellationToken.None));
            Assert.True(await other.TryArmAsync(CancellationToken.None));
            await world.PassAsync(1);
        }

        var (queue, seenAt) = Assert.Single(queues.Sent);
        Assert.Equal(StorageNames.SweepRequestsQueue, queue);

        // As soon as it is seen, the next one may be sent.
        await world.World.DelayAsync(seenAt - world.World.ServiceTime);
        Assert.True(await other.TryArmAsync(CancellationToken.None));
        Assert.True(await one.TryArmAsync(CancellationToken.None));
        Assert.Equal(2, queues.Sent.Count);
    });

    [Fact]
    public void Who_knows_that_a_message_is_on_its_way_asks_nobody() => AuditWorld.Run(2, async world =>
    {
        var queues = new SimulatedQueues(world.World);
        var (one, other) = (NewScheduler(world, queues), NewScheduler(world, queues));
        await one.TryArmAsync(CancellationToken.None);
        Assert.Equal(1, (await world.MeasureAsync(() => other.TryArmAsync(CancellationToken.None))).Calls);
        Assert.Equal(0, (await world.MeasureAsync(() => other.TryArmAsync(CancellationToken.None))).Calls);
        Assert.Equal(0, (await world.MeasureAsync(() => one.TryArmAsync(CancellationToken.None))).Calls);
    });

    /// <summary>A message that got lost is made up for by whoever asks next.</summary>
    [Fact]
    public void After_its_time_has_passed_nobody_relies_on_a_message() => AuditWorld.Run(3, async world =>
    {
        var queues = new SimulatedQueues(world.World);
        await NewScheduler(world, queues).TryArmAsync(CancellationToken.None);
        await world.PassAsync(SweepScheduler.ArmedFor.TotalSeconds + 1);

        await NewScheduler(world, queues).TryArmAsync(CancellationToken.None);

        Assert.Equal(2, queues.Sent.Count);
    });

    [Fact]
    public void Many_that_begin_at_once_leave_one_chain_of_messages() => AuditWorld.Run(4, async world =>
    {
        var queues = new SimulatedQueues(world.World);
        var all = Enumerable.Range(0, 5).Select(_ => NewScheduler(world, queues)).ToList();
        await Task.WhenAll(all.Select(scheduler => world.World.Spawn(() => scheduler.TryArmAsync(CancellationToken.None))));
        Assert.InRange(queues.Sent.Count, 1, 5);

        // Each message causes a sweep, which asks for the next.
        for (var round = 0; round < 3; round++)
        {
            var messages = queues.Sent.Count;
            await world.PassAsync(SweepScheduler.Delay.TotalSeconds + 1);
            queues.Sent.Clear();
            for (var message = 0; message < messages; message++)
            {
                await all[message].TryArmAsync(CancellationToken.None);
            }

            Assert.Single(queues.Sent);
        }
    });

    [Fact]
    public void A_queue_that_is_away_is_tried_again() => AuditWorld.Run(5, async world =>
    {
        var queues = new SimulatedQueues(world.World) { IsDown = true };
        var scheduler = NewScheduler(world, queues);
        Assert.False(await scheduler.TryArmAsync(CancellationToken.None));

        queues.IsDown = false;

        Assert.True(await scheduler.TryArmAsync(CancellationToken.None));
        Assert.Single(queues.Sent);
    });

    [Fact]
    public void Storage_that_is_away_is_told_apart_from_a_message_on_its_way() => AuditWorld.Run(6, async world =>
    {
        var queues = new SimulatedQueues(world.World);
        world.Tables.IsDown = true;
        Assert.False(await NewScheduler(world, queues).TryArmAsync(CancellationToken.None));
        Assert.Empty(queues.Sent);
    });

    private static SweepScheduler NewScheduler(AuditWorld world, SimulatedQueues queues)
    {
        var tables = new SimulatedTableService(world.Tables, new Network(world.Tables));
        return new SweepScheduler(queues, tables, Names, new OpenAccountIndex(tables, Names), world.World.NewClock(), NullLogger<SweepScheduler>.Instance);
    }
}
