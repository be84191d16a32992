using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Usage;

namespace QuotaFunctions.Tests.Usage;

public sealed class FleetDayTests
{
    [Fact]
    public void What_is_counted_by_another_outcome_later_is_withdrawn_from_the_first()
    {
        var day = Day(("consumed", 10)).After(Day(("consumed", 9))).After(Day(("consumed", 9)));
        Assert.Empty(day.Withdrawn.Total.Outcomes);

        var later = Day(("consumed", 7), ("succeeded", 3)).After(day);

        Assert.Equal([new("consumed", 3)], later.Withdrawn.Total.Outcomes);
    }

    [Fact]
    public void What_was_withdrawn_stays_so()
    {
        var first = Day(("unknown", 1)).After(Day(("unknown", 2)));
        var second = Day(("unknown", 5)).After(first);

        var third = Day(("unknown", 3)).After(second);

        Assert.Equal(3, third.Withdrawn.Total.Outcomes["unknown"]);
    }

    [Fact]
    public void Units_that_are_given_back_are_withdrawn_by_their_unit()
    {
        var held = Day([]) with { Units = new Dictionary<QuotaUnit, long> { [QuotaUnit.Tokens] = 1000, [QuotaUnit.Requests] = 4 } };
        var settled = held with { Units = new Dictionary<QuotaUnit, long> { [QuotaUnit.Tokens] = 7, [QuotaUnit.Requests] = 5 } };

        Assert.Equal([new(QuotaUnit.Tokens, 993)], settled.After(held).WithdrawnUnits);
    }

    [Fact]
    public void Tokens_of_a_model_that_is_counted_with_others_now_are_withdrawn()
    {
        var (before, after) = (new UsageSum(), new UsageSum());
        before.Of("openai", "rare").TokensIn = 11;
        after.Of(UsageSum.Other, UsageSum.Other).TokensIn = 11;

        var day = new FleetDay(20261129, after, new Dictionary<QuotaUnit, long>()).After(new FleetDay(20261129, before, new Dictionary<QuotaUnit, long>()));

        Assert.Equal(11, Assert.Single(day.Withdrawn.Cells).Counts.TokensIn);
    }

    [Fact]
    public void A_row_has_all_of_a_day()
    {
        var day = (Day(("consumed", 1)) with { Units = new Dictionary<QuotaUnit, long> { [QuotaUnit.Tokens] = 1 } })
            .After(Day(("consumed", 2)) with { Units = new Dictionary<QuotaUnit, long> { [QuotaUnit.Tokens] = 9 } });

        var read = UsageEntity.ToFleetDay(UsageEntity.Of(day));

        Assert.Equal(day.Withdrawn.ToJson(), read.Withdrawn.ToJson());
        Assert.Equal(day.WithdrawnUnits, read.WithdrawnUnits);
        Assert.Equal(day.Sum.ToJson(), read.Sum.ToJson());
        Assert.Equal(day.Units, read.Units);
    }

    private static FleetDay Day(params (string Outcome, long Requests)[] outcomes)
    {
        var sum = new UsageSum();
        foreach (var (outcome, requests) in outcomes)
        {
            sum.Of(provider: null, model: null).Add(outcome, requests);
        }

        return new FleetDay(20261129, sum, new Dictionary<QuotaUnit, long>());
    }
}
