using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Usage;

namespace QuotaFunctions.Tests.Usage;

/// <summary>How quotas stand by copies that may be old, or by none.</summary>
public sealed class UsageTotalsTests
{
    private static readonly DateTimeOffset Now = new(2026, 12, 1, 8, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0, 1000, 1000, 0)] // due just now
    [InlineData(-60, 1000, 1000, 0)]
    [InlineData(1, 1000, 100, 95)]
    [InlineData(null, 1000, 100, 95)]
    [InlineData(-60, null, 100, 95)] // what a refill grants is not known
    public void A_copy_that_is_older_than_a_refill_is_brought_up_to_it(int? resetsInMinutes, int? refill, long limit, long used)
    {
        var standing = new KeyStanding(QuotaUnit.Requests, 100, 95, 5, Now.AddDays(-1), resetsInMinutes is { } minutes ? Now.AddMinutes(minutes) : null);
        var shown = Show(standing, new IndexedKey("key_1", "n", null, KeyStatus.Active, null, QuotaUnit.Requests, 100, refill))!;
        Assert.Equal((limit, used, limit - used, Now.AddDays(-1)), (shown.Limit, shown.Used, shown.Remaining, shown.LastUsedAt));
    }

    [Fact]
    public void A_key_that_was_never_used_has_what_it_was_issued_with()
    {
        Assert.Equal(
            new KeyStanding(QuotaUnit.Tokens, 7, 0, 7, null), Show(null, new IndexedKey("key_1", "n", null, KeyStatus.Active, null, QuotaUnit.Tokens, 7)));
        Assert.Equal(
            new KeyStanding(QuotaUnit.Requests, null, 0, null, null), Show(null, new IndexedKey("key_1", "n", null, KeyStatus.Active, null, QuotaUnit.Requests)));

        // An index that was written before it said so
        Assert.Null(Show(null, new IndexedKey("key_1", "n", null, KeyStatus.Active, null)));
    }

    [Fact]
    public void Costs_in_different_units_are_not_added_up()
    {
        var totals = new UsageTotals(new UsageQuery { GroupBy = UsageGroup.Model }, new Dictionary<string, IndexedKey>(), Now);
        totals.Add("key_1", QuotaUnit.Usd, at: null, Sum("gpt", 250_000));
        totals.Add("key_2", QuotaUnit.Usd, at: null, Sum("gpt", 1));
        totals.Add("key_3", QuotaUnit.Requests, at: null, Sum("gpt", 3));
        totals.Add("key_1", QuotaUnit.Usd, at: null, Sum("other", 7));

        var report = totals.ToReport();

        Assert.Equal([new(QuotaUnit.Requests, 3), new(QuotaUnit.Usd, 250_008)], report.Costs.Units);
        Assert.Equal([new(QuotaUnit.Requests, 3), new(QuotaUnit.Usd, 250_001)], report.Items[0].Costs.Units);
        Assert.Equal((QuotaUnit.Requests, QuotaUnit.Usd), (report.Items[0].Costs.Main, report.Items[1].Costs.Main));
    }

    [Fact]
    public void Costs_over_all_keys_are_told_by_unit_too()
    {
        var (sum, dollars) = (Sum("gpt", 250_000), Sum("gpt", 249_990));
        sum.Add(Sum("free", 0));
        var day = new FleetDay(20261129, sum, new Dictionary<QuotaUnit, long>()) { OtherCosts = new Dictionary<QuotaUnit, UsageSum> { [QuotaUnit.Usd] = dollars } };
        var totals = new UsageTotals(new UsageQuery { GroupBy = UsageGroup.Model }, new Dictionary<string, IndexedKey>(), Now);

        totals.AddOfAll(at: null, UsageEntity.ToFleetDay(UsageEntity.Of(day)));

        var gpt = totals.ToReport().Items.Single(item => item.Group == "gpt");
        Assert.Equal([new(QuotaUnit.Requests, 10), new(QuotaUnit.Usd, 249_990)], gpt.Costs.Units);
    }

    private static UsageSum Sum(string model, long units)
    {
        var sum = new UsageSum();
        sum.Of("openai", model).Units = units;
        return sum;
    }

    private static KeyStanding? Show(KeyStanding? standing, IndexedKey key)
    {
        var totals = new UsageTotals(new UsageQuery(), new Dictionary<string, IndexedKey> { [key.Id] = key }, Now);
        if (standing is not null)
        {
            totals.Note(key.Id, standing);
        }

        return totals.ToReport().Items.Single().Standing;
    }
}
