using System.Text;
using QuotaFunctions.Core.Proxying;

namespace QuotaFunctions.Tests.Proxying;

public sealed class RequestFactsTests
{
    [Theory]
    [InlineData("""{"model":"gpt-4o","messages":[{"role":"user","content":"hi","model":"inner"}]}""", "gpt-4o")]
    [InlineData("""{"messages":[{"model":"inner"}],"model":"gpt-4o"}""", "gpt-4o")]
    [InlineData("""{"mod\u0065l":"gpt-4o"}""", "gpt-4o")]
    [InlineData("""  {"model":"gpt\u002d4o"}  """, "gpt-4o")]
    [InlineData("\uFEFF{\"model\":\"gpt-4o\"}", "gpt-4o")]
    [InlineData("""{"messages":[]}""", null)]
    [InlineData("""{"model":5}""", null)]
    [InlineData("""{"model":{"model":"inner"}}""", null)]
    [InlineData("""{"model":""}""", null)]
    [InlineData("""{"generationConfig":{"model":"inner"}}""", null)]
    [InlineData("""["model","gpt-4o"]""", null)]
    [InlineData("", null)]
    public void The_model_stands_at_the_top(string body, string? model)
    {
        var facts = Read(body);

        Assert.Equal(model, facts.Model);
        Assert.False(facts.IsMalformed);
    }

    [Theory]
    [InlineData("""{"model":"a","model":"b"}""", 2)]
    [InlineData("""{"model":"a","mod\u0065l":5}""", 2)]
    [InlineData("""{"model":5}""", 1)]
    [InlineData("{}", 0)]
    public void Every_model_is_counted(string body, int count) => Assert.Equal(count, Read(body).Models);

    [Fact]
    public void What_looks_like_an_object_is_read_whatever_it_is_declared_to_be() =>
        Assert.Equal("gpt-4o", Read("""{"model":"gpt-4o"}""", isDeclaredJson: false).Model);

    [Theory]
    [InlineData("{")]
    [InlineData("""{"model":"a"} x""")]
    [InlineData("""{"model":"a",}""")]
    [InlineData("""{"model":"\ud800"}""")]
    [InlineData("nonsense")]
    [InlineData("[1,2")]
    public void Malformed_only_where_it_says_that_it_is_json(string body)
    {
        Assert.True(Read(body).IsMalformed);
        Assert.False(Read(body, isDeclaredJson: false).IsMalformed);
    }

    [Fact]
    public void Too_deep_is_malformed() => Assert.True(Read(new string('[', 1000) + new string(']', 1000)).IsMalformed);

    [Theory]
    [InlineData("""{"model":"a","input":"abc""", "a")]
    [InlineData("""{"model":"a""", null)]
    [InlineData("""{"input":[[1,2],""", null)]
    [InlineData("""{"model":"a","max_tokens":1""", "a")]
    public void Of_a_beginning_what_is_there_is_read(string head, string? model)
    {
        var facts = RequestFacts.Read(Encoding.UTF8.GetBytes(head), isWhole: false, isDeclaredJson: true);

        Assert.Equal(model, facts.Model);
        Assert.True(facts.IsObject);
    }

    [Theory]
    [InlineData("{}", 400, 100 + 1000)]
    [InlineData("""{"max_tokens":50}""", 400, 100 + 50)]
    [InlineData("""{"max_completion_tokens":50,"max_tokens":20}""", 400, 100 + 50)]
    [InlineData("""{"max_output_tokens":50}""", 400, 100 + 50)]
    [InlineData("""{"max_tokens":50,"n":3}""", 400, 100 + 150)]
    [InlineData("""{"generationConfig":{"maxOutputTokens":50,"candidateCount":2}}""", 400, 100 + 100)]
    [InlineData("""{"max_tokens":-1,"n":0}""", 400, 100 + 1000)]
    [InlineData("""{"max_tokens":"50"}""", 400, 100 + 1000)]
    [InlineData("""{"max_tokens":9223372036854775807,"n":9223372036854775807}""", 400, 1_000_000)]
    [InlineData("""{"max_tokens":1e9}""", 400, 100 + 1000)]
    [InlineData("""{"max_tokens":1}""", 40_000_000, 1_000_000)]
    [InlineData("", 0, 1)]
    public void Tokens_are_estimated_within_limits(string body, long length, long expected) => Assert.Equal(expected, Read(body).EstimateTokens(length));

    private static RequestFacts Read(string body, bool isDeclaredJson = true) =>
        RequestFacts.Read(Encoding.UTF8.GetBytes(body), isWhole: true, isDeclaredJson);
}
