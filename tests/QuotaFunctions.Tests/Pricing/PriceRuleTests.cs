using QuotaFunctions.Core.Pricing;

namespace QuotaFunctions.Tests.Pricing;

public sealed class PriceRuleTests
{
    [Fact]
    public void A_rule_says_what_each_kind_of_token_costs()
    {
        Assert.True(PriceRule.TryParse("claude-* input=3 cached=0.30 cache_write=3.75 cache_write_1h=6 output=15 request=0.0001 max_output=64000", out PriceRule rule));

        Assert.Equal("claude-*", rule.Pattern);
        Assert.Equal(new TokenRates(3, 15) { CachedInput = 0.3m, CacheWrite = 3.75m, LongCacheWrite = 6 }, rule.Price.Rates);
        Assert.Equal((0.0001m, 64_000), (rule.Price.PerRequest, rule.Price.MaxOutputTokens));
    }

    [Fact]
    public void A_cache_costs_what_input_does_where_nothing_is_said_of_it()
    {
        Assert.True(PriceRule.TryParse("  a   output=4 input=2 ", out PriceRule rule));

        Assert.Equal(new TokenRates(2, 4) { CachedInput = 2, CacheWrite = 2 }, rule.Price.Rates);
        Assert.Null(rule.Price.MaxOutputTokens);
    }

    [Theory]
    [InlineData("a request=0.04")]
    [InlineData("a input=0 output=0")]
    [InlineData("* input=1000000 output=0.000001")]
    [InlineData("ft:gpt-4o:x=y input=1 output=1")]
    public void Good_ones(string text) => Assert.True(PriceRule.TryParse(text, out PriceRule _));

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("input=1 output=2")]
    [InlineData("a input=1")]
    [InlineData("a output=1")]
    [InlineData("a input=1 request=1")]
    [InlineData("a cached=1")]
    [InlineData("a max_output=7")]
    [InlineData("a input=1 output=2 output=3")]
    [InlineData("a input=1 output=2 colour=3")]
    [InlineData("a input=1 output=2 Input=3")]
    [InlineData("a input=-1 output=2")]
    [InlineData("a input=1e3 output=2")]
    [InlineData("a input=1,5 output=2")]
    [InlineData("a input=$1 output=2")]
    [InlineData("a input=1000000.1 output=2")]
    [InlineData("a input= output=2")]
    [InlineData("a input=1 output=2 max_output=0")]
    [InlineData("a input=1 output=2 max_output=1.5")]
    [InlineData("a*b input=1 output=2")]
    public void Bad_ones(string text) => Assert.False(PriceRule.TryParse(text, out PriceRule _));

    [Theory]
    [InlineData("gpt-4o*", "GPT-4o-mini", true)]
    [InlineData("gpt-4o", "gpt-4o-mini", false)]
    [InlineData("gpt-4o*", null, false)]
    [InlineData("*", "anything", true)]
    [InlineData("*", null, true)]
    public void A_rule_fits_models_by_name(string pattern, string? model, bool fits) =>
        Assert.Equal(fits, new PriceRule(pattern, ModelPrice.OneForEachToken).Fits(model));
}
