using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Tests.Charging.Simulation;

namespace QuotaFunctions.Tests.Auditing;

/// <summary>In these worlds the messages to the log never arrive: whatever is in it, the sweeper has put there.</summary>
public sealed class SettlementSweeperTests
{
    /// <summary>The instance that sweeps is the one that charged: it lives.</summary>
    [Fact]
    public void What_was_consumed_is_in_the_log_though_its_message_is_stuck_and_its_process_lives() => AuditWorld.Run(21, async world =>
    {
        var instance = world.NewInstance("a");
        var key = await world.AddKeyAsync(instance);
        await key.ConsumeAsync(instance);
        await instance.Keys.TopUpAsync(key.Locator.KeyId, 5, "admin", CancellationToken.None);
        await world.PassAsync(55);
        await SweepAsync(instance);
        Assert.Empty(await key.OutcomesAsync(instance));

        await world.PassAsync(10);
        await SweepAsync(instance);

        Assert.Equal(["topped_up", "consumed"], await key.OutcomesAsync(instance));
        Assert.Equal(0, world.LedgerRows(key));
        Assert.Equal(new Verification(true, 1, 1, 1, 0), await instance.VerifyAsync(key.Locator.KeyId));
    });

    [Fact]
    public void How_a_forwarded_request_ended_is_for_its_process_to_say_until_that_is_dead() => AuditWorld.Run(22, async world =>
    {
        var (one, other) = (world.NewInstance("a"), world.NewInstance("b"));
        var key = await world.AddKeyAsync(one);
        await key.ForwardAsync(one, estimate: 1000);
        for (var i = 0; i < 10; i++)
        {
            await world.PassAsync(15);
            await one.BeatAsync();
            await SweepAsync(i % 2 == 0 ? one : other);
        }

        Assert.Empty(await key.OutcomesAsync(other));
        Assert.Equal(1000, (await key.QuotaAsync(other)).Held);

        one.Kill();
        for (var i = 0; i < 3; i++)
        {
            await world.PassAsync(30);
            await SweepAsync(other);
        }

        Assert.Equal(["unknown"], await key.OutcomesAsync(other));
        Assert.Equal((0L, 1000L), ((await key.QuotaAsync(other)).Held, (await key.QuotaAsync(other)).Used));
    });

    /// <summary>While storage is away nobody can say that he lives. When it is back, somebody sweeps before anybody has said so.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void After_an_outage_the_hold_of_a_live_stream_is_settled_at_what_the_upstream_reports(bool ownSweepFirst) => AuditWorld.Run(23, async world =>
    {
        var (streaming, other) = (world.NewInstance("a"), world.NewInstance("b"));
        var key = await world.AddKeyAsync(streaming);
        var charge = await key.ForwardAsync(streaming, estimate: 1000);
        for (var i = 0; i < 4; i++)
        {
            await world.PassAsync(15);
            await streaming.BeatAsync();
            await SweepAsync(other);
        }

        world.Tables.IsDown = true;
        await world.PassAsync(75);
        await SweepAsync(other);
        world.Tables.IsDown = false;
        await SweepAsync(ownSweepFirst ? streaming : other);
        await SweepAsync(ownSweepFirst ? other : streaming);
        await streaming.BeatAsync();
        await world.PassAsync(30);
        await SweepAsync(other);
        await streaming.Engine.SettleAsync(
            new Settlement { Charge = charge, Outcome = ChargeOutcome.Succeeded, Cost = 10, Status = 200 }, CancellationToken.None);

        Assert.Equal((0L, 10L), ((await key.QuotaAsync(other)).Held, (await key.QuotaAsync(other)).Used));
    });

    [Fact]
    public void A_row_that_nobody_understands_keeps_neither_the_others_of_its_account_nor_other_accounts() => AuditWorld.Run(24, async world =>
    {
        var instance = world.NewInstance("a");
        var (damaged, good) = (await world.AddKeyAsync(instance, 1), await world.AddKeyAsync(instance, 2));
        await damaged.ConsumeAsync(instance);
        await good.ConsumeAsync(instance);
        world.Damage(damaged);
        await world.PassAsync(65);

        await SweepAsync(instance);

        Assert.Equal(["consumed"], await good.OutcomesAsync(instance));
        Assert.Equal(["consumed"], await damaged.OutcomesAsync(instance));
        Assert.Equal((0, 1), (world.LedgerRows(good), world.LedgerRows(damaged)));

        // It has open work, as long as nobody has looked into it.
        await world.PassAsync(300);
        await SweepAsync(instance);
        Assert.Equal((false, true), (world.IsOpen(good), world.IsOpen(damaged)));
    });

    [Fact]
    public void Many_holds_of_a_dead_process_are_settled_together() => AuditWorld.Run(25, async world =>
    {
        var (dead, other) = (world.NewInstance("a"), world.NewInstance("b"));
        var key = await world.AddKeyAsync(dead);
        for (var i = 0; i < 40; i++)
        {
            await key.ForwardAsync(dead, estimate: 2);
        }

        dead.Kill();
        await world.PassAsync(35);
        await SweepAsync(other);
        await world.PassAsync(30);

        // One after the other they would take a commit each: 10 ms and more.
        var (_, time) = await world.MeasureAsync(() => SweepAsync(other));

        Assert.InRange(time, TimeSpan.Zero, TimeSpan.FromSeconds(0.25));
        Assert.Equal((0L, 80L), ((await key.QuotaAsync(other)).Held, (await key.QuotaAsync(other)).Used));
    });

    [Fact]
    public void Only_accounts_with_open_work_are_looked_at() => AuditWorld.Run(26, async world =>
    {
        var instance = world.NewInstance("a");
        var keys = new List<TestKey>();
        for (var i = 0; i < 50; i++)
        {
            keys.Add(await world.AddKeyAsync(instance, i));
        }

        Assert.Equal(2, (await world.MeasureAsync(() => SweepAsync(instance))).Calls);
        await keys[7].ConsumeAsync(instance);
        await world.PassAsync(65);

        // The index, the arming (3), the look at who lives (2), the account's leases and ledger, its log; the log and its index are
        // written, the log is read, the sum and the day are read and marked, the ledger is written, and what may be counted anew is looked for. Then the copies of the key
        // and its day: each is looked for, its source read, and written; and what is added up over all keys.
        var (first, _) = await world.MeasureAsync(() => SweepAsync(instance));
        Assert.InRange(first, 29, 33);

        await world.PassAsync(200);
        await SweepAsync(instance);
        Assert.False(world.IsOpen(keys[7]));
        Assert.Equal(2, (await world.MeasureAsync(() => SweepAsync(instance))).Calls);
    });

    [Fact]
    public void An_account_is_looked_at_until_nothing_is_left_and_its_last_mark_is_old() => AuditWorld.Run(27, async world =>
    {
        var instance = world.NewInstance("a");
        var key = await world.AddKeyAsync(instance);
        await key.ConsumeAsync(instance);
        await world.PassAsync(100);
        await SweepAsync(instance);
        Assert.Equal(0, world.LedgerRows(key));
        await SweepAsync(instance);
        Assert.True(world.IsOpen(key));

        await world.PassAsync(90);
        await SweepAsync(instance);
        Assert.False(world.IsOpen(key));

        await key.ConsumeAsync(instance);
        Assert.True(world.IsOpen(key));
    });

    [Fact]
    public void As_long_as_there_is_open_work_the_next_sweep_is_asked_for_and_then_no_more() => AuditWorld.Run(28, async world =>
    {
        var instance = world.NewInstance("a");
        var key = await world.AddKeyAsync(instance);
        await key.ConsumeAsync(instance);
        var sweeps = 0;
        await SweepAsync(instance);
        while (instance.Queues.Sent.Count > sweeps)
        {
            var (queue, seenAt) = instance.Queues.Sent[sweeps++];
            Assert.Equal(StorageNames.SweepRequestsQueue, queue);
            Assert.True(seenAt > world.World.ServiceTime, "Two are asked for at once.");
            await world.World.DelayAsync(seenAt - world.World.ServiceTime);
            await SweepAsync(instance);
        }

        // Every half minute, until the marks of the account and of its day, which was counted a little later, are three minutes old.
        Assert.InRange(sweeps, 8, 12);
        Assert.Equal(["consumed"], await key.OutcomesAsync(instance));
        Assert.False(world.IsOpen(key));
    });

    [Fact]
    public void A_sweep_that_storage_does_not_let_through_asks_for_the_next() => AuditWorld.Run(29, async world =>
    {
        var instance = world.NewInstance("a");
        world.Tables.IsDown = true;

        await SweepAsync(instance);

        Assert.Single(instance.Queues.Sent);
    });

    private static Task SweepAsync(SimulatedInstance instance) => instance.Sweeper.SweepAsync(CancellationToken.None);
}
