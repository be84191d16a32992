using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Retention;
using QuotaFunctions.Core.Usage;
using QuotaFunctions.Tests.Auditing;
using QuotaFunctions.Tests.Charging.Simulation;

namespace QuotaFunctions.Tests.Retention;

/// <summary>The log is kept for 180 days, the days of usage for 800.</summary>
public sealed class LogRetentionTests
{
    [Fact]
    public void Days_that_are_old_go_and_the_others_stay() => AuditWorld.Run(1, async world =>
    {
        var instance = world.NewInstance("a");
        var (key, idle) = (await instance.IssueAsync(), await instance.IssueAsync());
        await instance.ConsumeAndCompactAsync(key, 3);
        await world.PassDaysAsync(1);
        await instance.ConsumeAndCompactAsync(key, 2);
        await instance.ConsumeAndCompactAsync(idle, 1);

        // The first day ended at midnight, 180 days and some hours ago; the second did not
        await world.PassDaysAsync(180);
        await instance.ConsumeAndCompactAsync(key, 1);
        await instance.RunRetentionAsync();

        Assert.Equal((3, 1), (world.LogRows(key), world.LogRows(idle)));
        Assert.Equal(3, (await instance.Log.ReadAsync(new AuditQuery { KeyId = key.Locator.KeyId }, CancellationToken.None)).Rows.Count);
        Assert.Equal(4, (await instance.Log.ReadAsync(new AuditQuery(), CancellationToken.None)).Rows.Count);
        await instance.AssertBalancedAsync(key, 6);
        await instance.AssertBalancedAsync(idle, 1);

        var status = await instance.Get<IRetentionService>().ReadAsync(CancellationToken.None);
        Assert.Equal((false, 3L + 3L, 6L, 0), (status.IsRunning, status.LastDeleted, status.TotalDeleted, status.LastFailures));

        await instance.RunRetentionAsync();
        Assert.Equal(3, world.LogRows(key));
        Assert.Equal((0L, 6L), await CountsAsync(instance));
    });

    [Fact]
    public void What_is_asked_of_days_that_are_gone_is_answered_by_what_is_left() => AuditWorld.Run(2, async world =>
    {
        var instance = world.NewInstance("a");
        var key = await instance.IssueAsync();
        var start = world.World.ServiceTime;
        await instance.ConsumeAndCompactAsync(key, 3);
        await world.PassDaysAsync(200);
        await instance.RunRetentionAsync();

        foreach (var owner in new[] { key.Locator.KeyId, null })
        {
            var page = await instance.Log.ReadAsync(new AuditQuery { KeyId = owner, From = start, To = start.AddDays(1) }, CancellationToken.None);
            Assert.Empty(page.Rows);
            Assert.Null(page.Next);
        }

        Assert.Empty(world.Tables.Query("auditindex", null));
    });

    [Fact]
    public void The_books_balance_at_every_moment_of_a_run_while_charges_go_on() => AuditWorld.Run(3, async world =>
    {
        var instance = world.NewInstance("a");
        var key = await instance.IssueAsync();
        var consumed = 0;
        for (var day = 0; day < 40; day++)
        {
            await instance.ConsumeAndCompactAsync(key, 2);
            await world.PassDaysAsync(22);
            consumed += 2;
        }

        var charging = ChargeAsync();
        var running = world.NewInstance("b").RunRetentionAsync();
        var verifier = world.NewInstance("c").Get<IBookVerifier>();
        var verified = 0;
        while (!running.IsCompleted)
        {
            foreach (var isDeep in new[] { false, true })
            {
                var books = (await verifier.VerifyAsync(key.Locator.KeyId, isDeep, CancellationToken.None))!;
                Assert.True(books.Balanced, $"{isDeep}: {books}, {string.Join(';', books.Differences)}");
            }

            verified++;
        }

        await running;
        await charging;
        Assert.True(verified > 5, $"{verified} times");
        Assert.InRange(world.Days(key), 1, 38);
        await instance.AssertBalancedAsync(key, consumed);

        async Task ChargeAsync()
        {
            for (var i = 0; i < 100; i++)
            {
                await instance.ConsumeAndCompactAsync(key, 1);
                consumed++;
            }
        }
    });

    /// <summary>Killed at its first write, at its second, and so on until there is none left, before or after it reached the storage.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_run_that_is_killed_anywhere_is_finished_by_the_next_one(bool isCarriedOut)
    {
        var kills = 0;
        for (var isDone = false; !isDone; kills++)
        {
            AuditWorld.Run(4, async world => isDone = !await KillAsync(world, kills, isCarriedOut));
        }

        Assert.InRange(kills, 15, 100);
    }

    [Fact]
    public void Days_of_usage_that_are_old_go_into_the_archived_sum_and_the_totals_stay() => AuditWorld.Run(5, async world =>
    {
        var instance = world.NewInstance("a");
        var key = await instance.IssueAsync();
        await instance.ConsumeAndCompactAsync(key, 5);
        await world.PassDaysAsync(700);
        await instance.ConsumeAndCompactAsync(key, 2);
        await world.PassDaysAsync(101);
        await instance.RunRetentionAsync();

        Assert.Equal(1, world.Days(key));
        Assert.Equal(5, (await instance.Get<KeyArchive>().ReadAsync(key.Account, key.Locator.KeyId, CancellationToken.None)).Units);
        await instance.AssertBalancedAsync(key, 7);
        var usage = await instance.Get<IUsageReader>().ReadAsync(new UsageQuery { KeyId = key.Locator.KeyId }, CancellationToken.None);
        Assert.Equal(7, usage.Total.Requests);
    });

    [Fact]
    public void A_day_with_a_charge_that_is_not_settled_stays_until_it_is() => AuditWorld.Run(6, async world =>
    {
        var instance = world.NewInstance("a");
        var key = await instance.IssueAsync();
        await instance.ConsumeAndCompactAsync(key, 2);
        await world.PassDaysAsync(1);
        await instance.ConsumeAndCompactAsync(key, 3);
        await key.ForwardAsync(instance, 10);
        await world.PassDaysAsync(1);
        await instance.ConsumeAndCompactAsync(key, 4);
        await world.PassDaysAsync(200);

        // The day before goes, its own and all after it stay
        await instance.RunRetentionAsync();
        Assert.Equal(7, world.LogRows(key));
        await instance.AssertBalancedAsync(key, 19);

        await world.SweepAllAsync();
        await world.PassDaysAsync(10);
        await world.NewInstance("marks").ExpiredMarks.DeleteAsync(CancellationToken.None);
        await instance.RunRetentionAsync();
        Assert.Equal(0, world.LogRows(key));
        await instance.AssertBalancedAsync(key, 19);
    });

    [Fact]
    public void Keys_and_pools_that_fail_are_left_for_the_next_run_and_hold_up_no_other() => AuditWorld.Run(7, async world =>
    {
        var instance = world.NewInstance("a");
        var (damaged, key) = (await instance.IssueAsync(), await instance.IssueAsync());
        await instance.ConsumeAndCompactAsync(damaged, 1);
        await instance.ConsumeAndCompactAsync(key, 1);
        world.Damage(damaged);
        await world.PassDaysAsync(200);

        await instance.RunRetentionAsync();

        Assert.Equal((1, 0), (world.LogRows(damaged), world.LogRows(key)));
        Assert.Equal(1, (await instance.Get<IRetentionService>().ReadAsync(CancellationToken.None)).LastFailures);
        Assert.Empty(world.Tables.Query("auditindex", null));
    });

    [Fact]
    public void Two_instances_at_the_same_run_do_no_harm() => AuditWorld.Run(8, async world =>
    {
        var (first, second) = (world.NewInstance("a"), world.NewInstance("b"));
        var key = await first.IssueAsync();
        await first.ConsumeAndCompactAsync(key, 150);
        await world.PassDaysAsync(900);
        await first.Get<IRetentionService>().StartAsync(CancellationToken.None);
        second.Queues.Messages.AddRange(first.Queues.Messages);

        await Task.WhenAll(first.StepAllAsync(0), second.StepAllAsync(0));

        Assert.False((await first.Get<IRetentionService>().ReadAsync(CancellationToken.None)).IsRunning);
        Assert.Equal((0, 0), (world.LogRows(key), world.Days(key)));
        await first.AssertBalancedAsync(key, 150);
    });

    private static async Task<(long Last, long Total)> CountsAsync(SimulatedInstance instance)
    {
        var status = await instance.Get<IRetentionService>().ReadAsync(CancellationToken.None);
        return (status.LastDeleted, status.TotalDeleted);
    }

    /// <summary>A run whose instance is killed at one of its writes. False where there were not so many.</summary>
    private static async Task<bool> KillAsync(AuditWorld world, int at, bool isCarriedOut)
    {
        var instance = world.NewInstance("a");
        var (key, revoked) = (await instance.IssueAsync(), await instance.IssueAsync());
        await instance.ConsumeAndCompactAsync(key, 70);
        await instance.ConsumeAndCompactAsync(revoked, 2);
        await instance.Keys.RevokeAsync(revoked.Locator.KeyId, "admin", CancellationToken.None);
        await world.SweepAllAsync();
        await world.PassDaysAsync(900);
        await instance.ConsumeAndCompactAsync(key, 1);

        var (killed, writes) = (world.NewInstance("b"), 0);
        world.Tables.Fate = isWrite =>
        {
            if (!isWrite || writes++ != at)
            {
                return Mishap.None;
            }

            killed.Kill();
            return isCarriedOut ? Mishap.LostAfter : Mishap.LostBefore;
        };
        var running = world.World.Spawn(killed.RunRetentionAsync);
        while (!running.IsCompleted && !killed.IsDead)
        {
            await world.PassAsync(0.01);
        }

        world.Tables.Fate = _ => Mishap.None;
        await world.PassAsync(10);
        await instance.AssertBalancedAsync(key, 71);
        if (await instance.VerifyAsync(revoked.Locator.KeyId) is { } books)
        {
            Assert.True(books.Balanced, books.ToString());
        }

        // The timer has it go on
        await world.PassDaysAsync(0.1);
        var next = world.NewInstance("c");
        await next.Get<IRetentionService>().StartIfDueAsync(CancellationToken.None);
        await next.StepAllAsync(0);
        Assert.False((await next.Get<IRetentionService>().ReadAsync(CancellationToken.None)).IsRunning);
        Assert.Equal((1, 1), (world.LogRows(key), world.Days(key)));
        Assert.DoesNotContain(world.Tables.Query(AuditWorld.Accounts, null), row => row.RowKey.Contains(revoked.Locator.KeyId, StringComparison.Ordinal));
        Assert.Null(await next.Directory.FindAsync(revoked.Secret, CancellationToken.None));
        Assert.Equal([key.Locator.KeyId], await next.Keys.ListIdsAsync(tenant: null, CancellationToken.None));
        await instance.AssertBalancedAsync(key, 71);
        return killed.IsDead;
    }
}
