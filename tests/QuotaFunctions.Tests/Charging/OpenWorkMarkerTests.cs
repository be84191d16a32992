using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Tests.Auditing;
using QuotaFunctions.Tests.Charging.Simulation;

namespace QuotaFunctions.Tests.Charging;

/// <summary>An account is listed before anything is committed to it: what nobody lists, nobody sweeps.</summary>
public sealed class OpenWorkMarkerTests
{
    [Fact]
    public void Whatever_is_committed_its_account_was_marked_within_the_last_minute() => AuditWorld.Run(1, async world =>
    {
        var instance = world.NewInstance("a");
        var key = await world.AddKeyAsync(instance);
        var commits = 0;
        world.Tables.Observer = (table, actions) =>
        {
            if (table == AuditWorld.Accounts && actions.Any(action => action.Entity.RowKey.StartsWith("commit:", StringComparison.Ordinal)))
            {
                commits++;
                Assert.InRange(AgeOfMark(world, key), TimeSpan.Zero, OpenWorkMarker.MaxAge);
            }
        };
        foreach (var pause in new[] { 0.1, 40, 40, 59, 61, 200, 1000, 1 })
        {
            await world.PassAsync(pause);
            Assert.NotNull(await key.ConsumeAsync(instance));
        }

        Assert.Equal(8, commits);
    });

    [Fact]
    public void A_busy_lane_waits_for_no_mark() => AuditWorld.Run(2, async world =>
    {
        var instance = world.NewInstance("a");
        var key = await world.AddKeyAsync(instance);
        await key.ConsumeAsync(instance);
        var marks = 0;
        world.Tables.Observer = (table, _) => marks += table == AuditWorld.State ? 1 : 0;
        for (var i = 0; i < 120; i++)
        {
            await world.PassAsync(1);

            // A commit is one call, of 10 ms at the most.
            Assert.InRange((await world.MeasureAsync(() => key.ConsumeAsync(instance))).Time, TimeSpan.Zero, TimeSpan.FromMilliseconds(10));
        }

        Assert.InRange(marks, 3, 4);
    });

    [Fact]
    public void The_first_mark_costs_no_time() => AuditWorld.Run(3, async world =>
    {
        var instance = world.NewInstance("a");
        var total = TimeSpan.Zero;
        for (var i = 0; i < 20; i++)
        {
            var key = await world.AddKeyAsync(instance, i);
            await instance.Directory.FindAsync(key.Secret, CancellationToken.None);

            // The account is read and marked, and then committed.
            var (calls, time) = await world.MeasureAsync(() => key.ConsumeAsync(instance));
            Assert.Equal(3, calls);
            total += time;
        }

        // A call takes 5 ms: one after the other it would be 15.
        Assert.InRange(total / 20, TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(13));
    });

    /// <summary>A process that is suspended between its mark and its commit, for longer than a mark is kept.</summary>
    [Fact]
    public void A_commit_that_lands_late_is_marked_again() => AuditWorld.Run(4, async world =>
    {
        var instance = world.NewInstance("a");
        var key = await world.AddKeyAsync(instance);
        await key.ConsumeAsync(instance, new IdempotencyClaim("first", "hash"));
        var index = new WorkIndex(new SimulatedTable(world.Tables, new Network(world.Tables), AuditWorld.State), "open");
        var mark = Assert.Single(await index.ReadAsync(CancellationToken.None));
        var isSuspended = false;
        world.Tables.Fate = isWrite =>
        {
            if (isWrite && !isSuspended)
            {
                // On its way. The sweeper finds nothing meanwhile, and removes the mark.
                isSuspended = true;
                world.World.Leap(TimeSpan.FromMinutes(10));
                world.Tables.Apply(AuditWorld.State, [new TableTransactionAction(TableTransactionActionType.Delete, new TableEntity("open", key.Account), mark.Version)]);
            }

            return Mishap.None;
        };

        // Refused meanwhile. With an Idempotency-Key nothing is given back, so there is no other commit.
        Assert.Null(await key.ConsumeAsync(instance, new IdempotencyClaim("second", "hash")));
        await world.PassAsync(1);

        Assert.Equal(2, (await key.QuotaAsync(instance)).Used);
        Assert.True(isSuspended && world.IsOpen(key));
    });

    [Fact]
    public void A_charge_is_not_committed_where_its_account_cannot_be_marked_and_not_lost_either() => AuditWorld.Run(5, async world =>
    {
        var instance = world.NewInstance("a");
        var key = await world.AddKeyAsync(instance);
        var failures = 3;
        world.Tables.Fate = isWrite => isWrite && failures-- > 0 ? Mishap.LostBefore : Mishap.None;

        Assert.NotNull(await key.ConsumeAsync(instance));

        Assert.True(world.IsOpen(key));
        Assert.Equal(1, (await key.QuotaAsync(instance)).Used);
    });

    [Fact]
    public void The_days_of_marks_are_listed_once_for_each_lane_and_day() => AuditWorld.Run(6, async world =>
    {
        var instance = world.NewInstance("a");
        var key = await world.AddKeyAsync(instance);
        var listed = new List<string>();
        world.Tables.Observer = (table, actions) =>
        {
            if (table == AuditWorld.State && actions[0].Entity.PartitionKey.StartsWith("marks", StringComparison.Ordinal))
            {
                listed.Add($"{actions[0].Entity.PartitionKey}/{actions[0].Entity.RowKey}");
            }
        };
        for (var i = 0; i < 20; i++)
        {
            await key.ConsumeAsync(instance, new IdempotencyClaim($"claim-{i}", "hash"));
            await world.PassAsync(60);
        }

        Assert.Equal([$"marks-20260327/{key.Account}", "marks/20260327"], listed);
        await world.PassAsync(4 * 3600);
        await key.ConsumeAsync(instance, new IdempotencyClaim("claim", "hash"));
        Assert.Equal([$"marks-20260328/{key.Account}", "marks/20260328"], listed.Skip(2));
    });

    private static TimeSpan AgeOfMark(AuditWorld world, TestKey key) =>
        world.World.ServiceTime - (world.Tables.Find(AuditWorld.State, "open", key.Account)?.Timestamp ?? DateTimeOffset.MinValue);
}
