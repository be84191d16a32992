using QuotaFunctions.Core.Charging;
using QuotaFunctions.Tests.Charging.Simulation;

namespace QuotaFunctions.Tests.Auditing;

/// <summary>The world begins on 27 March at 20:00 UTC: the marks of that day may go on the 29th at 01:00, after 29 hours.</summary>
public sealed class ExpiredMarksTests
{
    private const int FirstDay = 20260327;

    private static readonly IdempotencyClaim Claim = new("claim", "hash");

    [Fact]
    public void Marks_are_deleted_a_day_after_their_day_and_nothing_of_them_is_left() => AuditWorld.Run(1, async world =>
    {
        var instance = world.NewInstance("a");
        var key = await world.AddKeyAsync(instance);
        var charge = await key.ConsumeAsync(instance, Claim);
        await ReportAsync(instance, key, charge);
        await CompactAsync(world, instance);
        Assert.Equal(2, Marks(world, key));

        await world.PassAsync(TimeSpan.FromHours(28.5).TotalSeconds);
        await instance.ExpiredMarks.DeleteAsync(CancellationToken.None);
        Assert.Equal(2, Marks(world, key));

        await world.PassAsync(TimeSpan.FromHours(1).TotalSeconds);
        await instance.ExpiredMarks.DeleteAsync(CancellationToken.None);
        Assert.Equal(0, Marks(world, key));
        await instance.ExpiredMarks.DeleteAsync(CancellationToken.None);
        Assert.Empty(world.Tables.Query(AuditWorld.State, $"PartitionKey eq 'marks-{FirstDay}'"));
        Assert.Empty(world.Tables.Query(AuditWorld.State, "PartitionKey eq 'marks'"));
        Assert.Equal(1, (await world.MeasureAsync(() => instance.ExpiredMarks.DeleteAsync(CancellationToken.None))).Calls);
    });

    /// <summary>Without the mark, whoever finds the charge in the ledger would settle it again.</summary>
    [Fact]
    public void A_mark_is_kept_as_long_as_its_charge_stands_in_the_ledger() => AuditWorld.Run(2, async world =>
    {
        var instance = world.NewInstance("a");
        var key = await world.AddKeyAsync(instance);
        var charge = await key.ConsumeAsync(instance);
        await ReportAsync(instance, key, charge);
        await world.PassAsync(TimeSpan.FromHours(40).TotalSeconds);

        await instance.ExpiredMarks.DeleteAsync(CancellationToken.None);
        Assert.Equal(0, (await instance.Store.FindSettlementAsync(key.Locator, charge.Id, CancellationToken.None))!.Cost);

        await CompactAsync(world, instance);
        await instance.ExpiredMarks.DeleteAsync(CancellationToken.None);
        Assert.Null(await instance.Store.FindSettlementAsync(key.Locator, charge.Id, CancellationToken.None));
    });

    [Fact]
    public void What_was_not_finished_is_finished_the_next_time() => AuditWorld.Run(3, async world =>
    {
        var instance = world.NewInstance("a");
        var key = await world.AddKeyAsync(instance);
        for (var i = 0; i < 250; i++)
        {
            await key.ConsumeAsync(instance, new IdempotencyClaim($"claim-{i}", "hash"));
        }

        await world.PassAsync(TimeSpan.FromHours(40).TotalSeconds);
        var writes = 0;
        world.Tables.Fate = isWrite => isWrite && ++writes == 3 ? Mishap.LostBefore : Mishap.None;
        await instance.ExpiredMarks.DeleteAsync(CancellationToken.None);
        Assert.InRange(Marks(world, key), 1, 249);

        await instance.ExpiredMarks.DeleteAsync(CancellationToken.None);
        Assert.Equal(0, Marks(world, key));
    });

    /// <summary>By the service's clock: a charge's day is told by an instance, whose clock may be days behind.</summary>
    [Fact]
    public void A_young_mark_is_kept_whatever_day_it_bears() => AuditWorld.Run(4, async world =>
    {
        var instance = world.NewInstance("a");
        var key = await world.AddKeyAsync(instance);
        instance.Clock.Skew = TimeSpan.FromDays(-3);
        await key.ConsumeAsync(instance, Claim);

        await world.PassAsync(TimeSpan.FromHours(24).TotalSeconds);
        await instance.ExpiredMarks.DeleteAsync(CancellationToken.None);
        Assert.Equal(1, Marks(world, key));

        await world.PassAsync(TimeSpan.FromHours(2).TotalSeconds);
        await instance.ExpiredMarks.DeleteAsync(CancellationToken.None);
        Assert.Equal(0, Marks(world, key));
    });

    [Theory]
    [InlineData(0, 23.9, true)]
    [InlineData(0, 24.1, false)]
    [InlineData(3.9, 23.9, true)]
    [InlineData(4.1, 23.9, true)]
    public void An_Idempotency_Key_holds_for_a_day_over_midnight(double hours, double later, bool isRemembered) => AuditWorld.Run(5, async world =>
    {
        var instance = world.NewInstance("a");
        var key = await world.AddKeyAsync(instance);
        await world.PassAsync(TimeSpan.FromHours(hours).TotalSeconds);
        var first = await key.ConsumeAsync(instance, Claim);
        await world.PassAsync(TimeSpan.FromHours(later).TotalSeconds);

        // On another instance, whose clock is behind the account's.
        var other = world.NewInstance("b");
        other.Clock.Skew = TimeSpan.FromMinutes(-1);
        var again = await key.ConsumeAsync(other, Claim);
        Assert.Equal(isRemembered, first.Id == again.Id);

        // Where it was charged again, that is what counts from then on.
        Assert.Equal(again.Id, (await key.ConsumeAsync(instance, Claim)).Id);
    });

    private static int Marks(AuditWorld world, TestKey key) =>
        world.Tables.Query(AuditWorld.Accounts, $"PartitionKey eq '{key.Account}' and RowKey ge 'idempotency:' and RowKey lt 'idempotency;'").Count
        + world.Tables.Query(AuditWorld.Accounts, $"PartitionKey eq '{key.Account}' and RowKey ge 'settled:' and RowKey lt 'settled;'").Count;

    private static async Task ReportAsync(SimulatedInstance instance, TestKey key, Charge charge) => Assert.Equal(
        ConsumeSettlementStatus.Settled,
        (await instance.Engine.SettleConsumedAsync(key.Secret, charge.Id.ToString(), success: false, cost: 0, CancellationToken.None)).Status);

    /// <summary>Once its process is dead, all of it goes into the log, and out of the ledger.</summary>
    private static async Task CompactAsync(AuditWorld world, SimulatedInstance instance)
    {
        instance = world.NewInstance("sweeper");
        for (var i = 0; i < 4; i++)
        {
            await world.PassAsync(30);
            await instance.Sweeper.SweepAsync(CancellationToken.None);
        }

        Assert.Empty(world.Tables.Query(AuditWorld.Accounts, "RowKey ge 'commit:' and RowKey lt 'commit;'"));
    }
}
