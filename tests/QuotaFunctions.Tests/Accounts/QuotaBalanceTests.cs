using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Tests.Accounts;

/// <summary>What a limit is counted with.</summary>
public sealed class QuotaBalanceTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(QuotaType.Count, 0, 10, true)]
    [InlineData(QuotaType.Count, 0, 11, false)]
    [InlineData(QuotaType.Hybrid, 3, 7, true)]
    [InlineData(QuotaType.Hybrid, 3, 8, false)]
    [InlineData(QuotaType.Time, 0, 1_000_000, true)]
    public void What_leases_have_set_aside_is_not_there_to_take(QuotaType type, long leased, long cost, bool affords) =>
        Assert.Equal(affords, new QuotaBalance { Type = type, Quota = 10, Leased = leased }.Affords(cost));

    [Fact]
    public void A_charge_of_the_commit_that_began_the_period_can_be_settled_and_one_before_it_cannot()
    {
        var balance = new QuotaBalance { Quota = 100 };
        balance.Take(10, hold: true);
        balance.Zero(new LedgerPosition(7, 2));
        balance.Take(20, hold: true);

        Assert.Equal(0, balance.Settle(new LedgerPosition(7, 1), 10, held: true, finalCost: 0));
        Assert.Equal(0, balance.Settle(new LedgerPosition(6, 9), 10, held: true, finalCost: 0));
        Assert.Equal(-15, balance.Settle(new LedgerPosition(7, 3), 20, held: true, finalCost: 5));
        Assert.Equal((5L, 0L), (balance.Used, balance.Held));
    }

    [Fact]
    public void A_settlement_may_come_to_more_than_the_quota_and_then_nothing_is_left()
    {
        var balance = new QuotaBalance { Quota = 10 };
        balance.Take(10, hold: true);
        Assert.Equal(5, balance.Settle(new LedgerPosition(1, 0), 10, held: true, finalCost: 15));
        Assert.Equal(0, balance.Left);
        Assert.False(balance.Affords(1));
    }

    [Theory]
    [InlineData(false, null, 1, 100)]
    [InlineData(true, null, 1, 160)]
    [InlineData(true, null, 2, 200)]
    [InlineData(true, 150L, 1, 150)]
    [InlineData(true, 500L, 4, 460)]
    public void What_was_not_used_lapses_or_is_kept_up_to_the_cap(bool rollover, long? cap, int days, long quota)
    {
        var balance = new QuotaBalance { Quota = 100 };
        balance.SetRefill(new RefillPolicy { Period = RefillPeriod.Daily, Amount = 100, Rollover = rollover, RolloverCap = cap }, Now);
        balance.Take(40, hold: false);
        Assert.False(balance.IsRefillDue(Now.AddHours(12).AddTicks(-1)));
        Assert.True(balance.IsRefillDue(Now.AddHours(12)));

        var taken = balance.BeginPeriod(Now.AddDays(days), new LedgerPosition(2, 0));

        Assert.Equal((40L, 0L, quota), (taken, balance.Used, balance.Quota));
        Assert.Equal(Now.Date.AddDays(days + 1), balance.ResetsAt!.Value.UtcDateTime);
    }

    [Fact]
    public void The_same_refill_set_again_changes_nothing()
    {
        var policy = new RefillPolicy { Period = RefillPeriod.Daily, Amount = 100 };
        var balance = new QuotaBalance();
        balance.SetRefill(policy, Now);
        var due = balance.ResetsAt;

        balance.SetRefill(policy with { }, Now.AddDays(5));
        Assert.Equal(due, balance.ResetsAt);
        balance.SetRefill(null, Now);
        Assert.Null(balance.ResetsAt);
        Assert.False(balance.IsRefillDue(DateTimeOffset.MaxValue));
    }
}
