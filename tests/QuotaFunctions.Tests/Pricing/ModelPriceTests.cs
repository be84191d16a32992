using QuotaFunctions.Core.Pricing;

namespace QuotaFunctions.Tests.Pricing;

/// <summary>What calls cost, in micro-dollars: to the last of them, and rounded once.</summary>
public sealed class ModelPriceTests
{
    private static readonly ModelPrice Claude = new(new TokenRates(3, 15) { CachedInput = 0.3m, CacheWrite = 3.75m, LongCacheWrite = 6 });

    [Fact]
    public void Every_kind_of_token_has_its_price() =>
        Assert.Equal(3 + (2 * 15) + 3 + 15 + 12, Claude.CostOf(new TokenUsage(1, 2) { CachedInput = 10, CacheWrite = 4, LongCacheWrite = 2 }));

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 0, 1)]
    [InlineData(0, 1, 1)]
    [InlineData(1, 1, 1)]
    [InlineData(10, 10, 6)]
    [InlineData(10, 11, 7)]
    public void It_is_rounded_up_once(long input, long output, long cost) =>
        Assert.Equal(cost, new ModelPrice(new TokenRates(0.1m, 0.5m)).CostOf(new TokenUsage(input, output)));

    [Fact]
    public void What_a_request_costs_is_rounded_together_with_its_tokens() =>
        Assert.Equal(40_001, new ModelPrice(new TokenRates(0.25m, 0)) { PerRequest = 0.04m }.CostOf(new TokenUsage(4, 9)));

    [Theory]
    [InlineData(200, 200)]
    [InlineData(201, 402)]
    [InlineData(400, 800)]
    [InlineData(401, 401 * 5)]
    public void A_long_prompt_changes_the_price_of_the_whole_call(long prompt, long cost)
    {
        var price = new ModelPrice(new TokenRates(1, 1)) { LongPrompts = [new(200, new TokenRates(2, 2)), new(400, new TokenRates(5, 5))] };

        Assert.Equal(cost, price.CostOf(new TokenUsage(prompt - 10, 0) { CachedInput = 10 }));
        Assert.Equal(cost + (cost / prompt), price.CostOf(new TokenUsage(prompt, 1)));
    }

    [Fact]
    public void The_most_has_every_token_of_the_prompt_at_the_dearest() => Assert.Equal((10 * 6) + (7 * 15), Claude.BoundOf(10, 7));

    [Fact]
    public void Where_nothing_has_to_be_paid_for_an_answer_it_may_be_of_any_length() =>
        Assert.Equal(long.MaxValue, new ModelPrice(new TokenRates(1, 0)).AnswerWithin(10, 11));

    /// <summary>However much is granted: the answer that it allows costs no more, and one token more would.</summary>
    [Fact]
    public void The_answer_within_an_amount_is_the_longest()
    {
        var random = new Random(1);
        for (var i = 0; i < 10_000; i++)
        {
            var price = new ModelPrice(new TokenRates(random.Next(1, 500) / 100m, random.Next(1, 2_000) / 100m)) { PerRequest = random.Next(9) / 1_000_000m };
            var (prompt, amount) = (random.Next(1, 100), random.Next(1, 2_000));

            var answer = price.AnswerWithin(prompt, amount);

            Assert.True(answer == 0 || price.BoundOf(prompt, answer) <= amount, $"{price} {prompt} {amount}");
            Assert.True(price.BoundOf(prompt, answer + 1) > amount, $"{price} {prompt} {amount}");
        }
    }

    /// <summary>Whatever a call used within what it was held for: it is not settled at more.</summary>
    [Fact]
    public void What_was_used_costs_no_more_than_the_most()
    {
        var random = new Random(1);
        for (var i = 0; i < 10_000; i++)
        {
            var usage = new TokenUsage(random.Next(1_000), random.Next(1_000)) { CachedInput = random.Next(1_000), CacheWrite = random.Next(1_000), LongCacheWrite = random.Next(1_000) };

            Assert.True(Claude.CostOf(usage) <= Claude.BoundOf(usage.Prompt, usage.Output), $"{usage}");
        }
    }

    [Fact]
    public void The_largest_numbers_do_not_overflow()
    {
        var dear = new ModelPrice(new TokenRates(PriceRule.MaxPrice, PriceRule.MaxPrice)) { PerRequest = PriceRule.MaxPrice };

        Assert.Equal(long.MaxValue / 2, dear.BoundOf(10_000_000_000_000, 10_000_000_000_000));
        Assert.True(dear.CostOf(new TokenUsage(1_000_000_000, 1_000_000_000)) > 0);
    }
}
