using System.Text;
using QuotaFunctions.Core.Proxying;

namespace QuotaFunctions.Tests.Proxying;

public sealed class RequestMetadataTests
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

    [Theory]
    [InlineData("""{"Model":"dear"}""", "dear", 1)]
    [InlineData("""{"MODEL":"dear"}""", "dear", 1)]
    [InlineData("""{"model":"cheap","Model":"dear"}""", "dear", 2)]
    [InlineData("""{"model":"cheap","mOd\u0065l":"dear"}""", "dear", 2)]
    public void In_any_letter_case(string body, string? model, int count)
    {
        var facts = Read(body);

        Assert.Equal((model, count), (facts.Model, facts.Models));
        Assert.Equal(count > 1, facts.IsUncertain);
    }

    [Theory]
    [InlineData("gpt-4o", "gpt-4o")]
    [InlineData("models/gemini-pro", "gemini-pro")]
    [InlineData("Models/gemini-pro", "gemini-pro")]
    [InlineData("org/name", "org/name")]
    [InlineData(" gpt-4o", null)]
    [InlineData("gpt-4o\t", null)]
    [InlineData("gpt\0-4o", null)]
    [InlineData("models/", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void Names_of_models_have_one_form(string? text, string? name) => Assert.Equal(name, RequestMetadata.NameOf(text));

    [Fact]
    public void A_name_has_200_characters_at_the_most()
    {
        Assert.NotNull(RequestMetadata.NameOf(new string('x', RequestMetadata.MaxModelLength)));
        Assert.Null(RequestMetadata.NameOf(new string('x', RequestMetadata.MaxModelLength + 1)));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{"model":"a"} x""")]
    [InlineData("""{"model":"a"}{"model":"b"}""")]
    [InlineData("""{"model":"a",}""")]
    [InlineData("""{"model":"a","x":NaN}""")]
    [InlineData("""{/* */"model":"a"}""")]
    [InlineData("""{"model":"\ud800"}""")]
    [InlineData("nonsense")]
    [InlineData("[1,2")]
    public void What_is_malformed_is_uncertain(string body)
    {
        var facts = Read(body);

        Assert.True(facts.IsMalformed);
        Assert.True(facts.IsUncertain);
    }

    [Fact]
    public void Too_deep_is_malformed() => Assert.True(Read(new string('[', 1000) + new string(']', 1000)).IsMalformed);

    [Theory]
    [InlineData("""{"max_tokens":50}""", "max_tokens=50")]
    [InlineData("""{"Max_T\u006fkens":50,"max_tokens":20}""", "max_tokens=50")]
    [InlineData("""{"max_completion_tokens":50,"max_tokens":20}""", "max_completion_tokens=50, max_tokens=20")]
    [InlineData("""{"max_output_tokens":50}""", "max_output_tokens=50")]
    [InlineData("""{"generationConfig":{"maxOutputTokens":50},"maxOutputTokens":7}""", "generationConfig.maxOutputTokens=50, maxOutputTokens=7")]
    [InlineData("""{"options":{"num_predict":50}}""", "options.num_predict=50")]
    [InlineData("""{"options":{"num_predict":-1}}""", "")]
    [InlineData("""{"max_tokens":-1,"max_output_tokens":null}""", "")]
    [InlineData("""{"max_tokens":"50"}""", "")]
    [InlineData("""{"max_tokens":1e9}""", "")]
    [InlineData("""{"messages":[{"max_tokens":50}],"metadata":{"max_tokens":50}}""", "")]
    public void Limits_of_answers_are_known_by_where_they_stand(string body, string expected) => Assert.Equal(
        expected, string.Join(", ", Read(body).AnswerLimits.Select(limit => $"{limit.Container}.{limit.Field}={limit.Tokens}".TrimStart('.'))));

    [Fact]
    public void A_limit_that_stands_very_often_is_kept_once()
    {
        var body = "{" + string.Join(',', Enumerable.Range(1, 60_000).Select(value => $"\"max_tokens\":{value}")) + "}";

        Assert.Equal([("", "max_tokens", 60_000)], Read(body).AnswerLimits);
    }

    [Theory]
    [InlineData("{}", 1, 0)]
    [InlineData("""{"n":3}""", 3, 0)]
    [InlineData("""{"n":2,"best_of":5}""", 5, 0)]
    [InlineData("""{"generationConfig":{"candidateCount":2}}""", 2, 0)]
    [InlineData("""{"n":0}""", 1, 0)]
    [InlineData("""{"thinking":{"type":"enabled","budget_tokens":2048}}""", 1, 2048)]
    [InlineData("""{"options":{"budget_tokens":2048},"budget_tokens":7}""", 1, 0)]
    public void Answers_and_thoughts_are_counted(string body, long responses, long thoughts) =>
        Assert.Equal((responses, thoughts), (Read(body).Responses, Read(body).ThinkingTokens));

    [Theory]
    [InlineData("""{"messages":[{"content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,#"}}]}]}""", true)]
    [InlineData("""{"messages":[{"content":[{"type":"input_audio","input_audio":{"data":"#","format":"wav"}}]}]}""", true)]
    [InlineData("""{"messages":[{"content":[{"type":"file","file":{"file_data":"data:application/pdf;base64,#"}}]}]}""", true)]
    [InlineData("""{"input":[{"content":[{"type":"input_image","image_url":"data:image\/png;base64,#"}]}]}""", true)]
    [InlineData("""{"messages":[{"content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"#"}}]}]}""", true)]
    [InlineData("""{"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":"#"}}]}]}""", true)]
    [InlineData("""{"messages":[{"content":"x","images":["#"]}]}""", true)]
    [InlineData("""{"messages":[{"content":"#"}]}""", false)]
    [InlineData("""{"messages":[{"content":[{"type":"text","text":"data:image/png;base64,#"}]}]}""", false)]
    [InlineData("""{"input":["#"]}""", false)]
    [InlineData("""{"url":"https://example.com/#"}""", false)]
    [InlineData("""{"data":"two words #"}""", false)]
    public void Pictures_and_the_like_are_held_at_a_flat_number(string template, bool isFlat)
    {
        var body = template.Replace("#", new string('A', 1_200_000), StringComparison.Ordinal);
        var scanned = new JsonScanner();
        foreach (var piece in Encoding.UTF8.GetBytes(body).Chunk(1000))
        {
            scanned.Read(piece);
        }

        var held = Read(body).PromptTokens(body.Length);

        Assert.InRange(held, isFlat ? 2_000 : 300_000, isFlat ? 2_100 : 300_100);
        Assert.InRange(scanned.Facts.PromptTokens(body.Length), held - 20, held + 20);
    }

    [Fact]
    public void A_small_one_is_held_by_its_length() =>
        Assert.Equal(4_000 / 4, Read($$"""{"data":"{{new string('A', 3_000)}}"}""").PromptTokens(4_000));

    private static RequestMetadata Read(string body) => RequestMetadata.Read(Encoding.UTF8.GetBytes(body));
}
