using System.Text;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Pricing;
using QuotaFunctions.Core.Proxying;

namespace QuotaFunctions.Tests.Proxying;

/// <summary>What is held for a call, and how long its answers may be with what was granted.</summary>
public sealed class CallEstimateTests
{
    private const string Chat = "/v1/chat/completions";
    private const long Prompt = 100;

    [Theory]
    [InlineData(Chat, "{}", 4_096, 16)]
    [InlineData(Chat, """{"max_tokens":50}""", 50, 16)]
    [InlineData(Chat, """{"max_tokens":7}""", 7, 7)]
    [InlineData(Chat, """{"max_completion_tokens":50,"max_tokens":20}""", 50, 16)]
    [InlineData(Chat, """{"max_tokens":50,"n":3}""", 150, 48)]
    [InlineData(Chat, """{"max_tokens":-1,"n":0}""", 4_096, 16)]
    [InlineData(Chat, """{"max_tokens":9223372036854775807,"n":9223372036854775807}""", 1_000_000_000, 16_000)]
    [InlineData("/v1/responses", """{"max_output_tokens":50}""", 50, 16)]
    [InlineData("/v1/messages", """{"max_tokens":5000,"thinking":{"type":"enabled","budget_tokens":2048}}""", 5_000, 2_049)]
    [InlineData("/v1/messages", """{"max_tokens":2000,"thinking":{"type":"enabled","budget_tokens":2048}}""", 2_000, 2_000)]
    [InlineData("/v1beta/models/g:generateContent", """{"generationConfig":{"maxOutputTokens":50,"candidateCount":2}}""", 100, 32)]
    [InlineData("/v1/embeddings", """{"input":"x"}""", 0, 0)]
    [InlineData("/an/api/of/its/own", """{"max_output_tokens":50}""", 50, 50)]
    [InlineData(Chat, "[1]", 0, 0)]
    public void Tokens_are_those_of_the_prompt_and_of_the_longest_answers(string path, string body, long most, long least) =>
        Assert.Equal(new CostEstimate(Prompt + most, Prompt + least), Of(path, body).In(QuotaUnit.Tokens));

    [Fact]
    public void Without_its_body_at_hand_a_call_is_made_as_it_is_or_not_at_all() =>
        Assert.Equal(new CostEstimate(Prompt + 50), Of(Chat, """{"max_tokens":50}""", canBeCut: false).In(QuotaUnit.Tokens));

    [Fact]
    public void The_smallest_call_holds_something() => Assert.Equal(new CostEstimate(1), Of("/v1/embeddings", "{}", length: 2).In(QuotaUnit.Tokens));

    [Fact]
    public void A_price_says_how_long_an_answer_can_be()
    {
        var price = new ModelPrice(new TokenRates(1, 2)) { MaxOutputTokens = 1_000 };

        Assert.Equal(new CostEstimate(Prompt + 1_000, Prompt + 16), Of(Chat, "{}", price).In(QuotaUnit.Tokens));
        Assert.Equal(new CostEstimate(Prompt + 2_000, Prompt + 32), Of(Chat, "{}", price).In(QuotaUnit.Usd));
        Assert.Equal(new CostEstimate(Prompt + 4_000, Prompt + 32), Of(Chat, """{"max_tokens":2000}""", price).In(QuotaUnit.Usd));
    }

    [Fact]
    public void What_has_no_price_has_none_in_dollars_alone()
    {
        Assert.Null(Of(Chat, "{}").In(QuotaUnit.Usd));
        Assert.NotNull(Of(Chat, "{}").In(QuotaUnit.Tokens));
        Assert.Null(Of(Chat, "{}").In(QuotaUnit.Requests));
        Assert.Equal(new CostEstimate(0), CallEstimate.Free.In(QuotaUnit.Usd));
    }

    [Theory]
    [InlineData(Prompt + 150, null)]
    [InlineData(Prompt + 149, 49L)]
    [InlineData(Prompt + 48, 16L)]
    public void What_was_granted_is_divided_among_the_answers(long granted, long? tokens) =>
        Assert.Equal(tokens, Of(Chat, """{"max_tokens":50,"n":3}""").AnswerTokensWithin(granted, QuotaUnit.Tokens));

    [Theory]
    [InlineData(1_000, null)]
    [InlineData(999, 7L)]
    [InlineData(875, 6L)]
    public void In_dollars_it_is_what_they_buy(long granted, long? tokens) => Assert.Equal(
        tokens, Of(Chat, """{"max_tokens":8}""", new ModelPrice(new TokenRates(2, 100))).AnswerTokensWithin(granted, QuotaUnit.Usd));

    [Fact]
    public void A_key_that_counts_requests_limits_nothing() => Assert.Null(Of(Chat, "{}").AnswerTokensWithin(1, QuotaUnit.Requests));

    private static CallEstimate Of(string path, string body, ModelPrice? price = null, bool canBeCut = true, long length = Prompt * 4) => CallEstimate.Of(
        RequestMetadata.Read(Encoding.UTF8.GetBytes(body)), length, path, price, AnswerLimit.For(path, ProxySettings.Provider("https://api.example.com")), canBeCut);
}
