using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Tests.Accounts;

public sealed class UsageSumTests
{
    [Fact]
    public void What_is_kept_is_read_as_it_was()
    {
        var sum = new UsageSum { Adjusted = -3 };
        Count(sum, "openai", "gpt", "succeeded", 5);
        Count(sum, null, null, "consumed", 1);
        sum.Of("openai", "gpt").TokensIn = 12;
        sum.Of("openai", "gpt").Latency.Add(40);

        var read = UsageSum.Parse(sum.ToJson());

        Assert.Equal(sum.ToJson(), read.ToJson());
        Assert.Equal((3, 6, 2, 2), (read.Used, read.Total.Units, read.Total.Requests, read.Total.Succeeded));
        Assert.Equal(0, UsageSum.Parse(null).Used);
    }

    [Fact]
    public void More_models_than_are_counted_apart_are_counted_together()
    {
        var sum = new UsageSum();
        for (var model = 0; model < UsageSum.MaxCells + 20; model++)
        {
            Count(sum, "openai", $"model-{model}", "succeeded", 1);
        }

        Assert.Equal(UsageSum.MaxCells + 1, sum.Cells.Count);
        Assert.Equal(20, sum.Of(UsageSum.Other, UsageSum.Other).Requests);
        Assert.Equal(UsageSum.MaxCells + 20, sum.Total.Units);
    }

    [Fact]
    public void What_is_taken_away_again_leaves_nothing()
    {
        var (sum, other) = (new UsageSum { Adjusted = 4 }, new UsageSum { Adjusted = 4 });
        Count(sum, "openai", "gpt", "failed", 2);
        Count(other, "openai", "gpt", "failed", 2);

        sum.Add(other, -1);

        Assert.Equal(0, sum.Used);
        Assert.Empty(sum.Total.Outcomes);
    }

    [Fact]
    public void A_copy_is_not_changed_with_what_it_was_made_of()
    {
        var sum = new UsageSum();
        Count(sum, "openai", "gpt", "failed", 2);
        var copy = sum.Clone();
        Count(sum, "openai", "gpt", "failed", 2);
        Assert.Equal(2, copy.Total.Units);
    }

    [Theory]
    [InlineData("succeeded", 1, 0, 0)]
    [InlineData("consumed", 1, 0, 0)]
    [InlineData("unknown", 0, 0, 1)]
    [InlineData("failed", 0, 1, 0)]
    [InlineData("client_error", 0, 1, 0)]
    [InlineData("truncated", 0, 1, 0)]
    public void Every_request_succeeded_or_failed_or_is_unknown(string outcome, long succeeded, long failed, long unknown)
    {
        var counts = new UsageCounts();
        counts.Add(outcome, 1);
        Assert.Equal((1, succeeded, failed, unknown), (counts.Requests, counts.Succeeded, counts.Failed, counts.Unknown));
    }

    private static void Count(UsageSum sum, string? provider, string? model, string outcome, long units)
    {
        var counts = sum.Of(provider, model);
        counts.Add(outcome, 1);
        counts.Units += units;
    }
}
