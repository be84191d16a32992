using System.Text;
using QuotaFunctions.Core.Proxying;

namespace QuotaFunctions.Tests.Proxying;

/// <summary>An answer is limited by the field that the API has for it, and nothing else of the body is touched.</summary>
public sealed class AnswerLimitTests
{
    private const string Any = "https://api.example.com";

    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"a"}""", """{"max_tokens":50,"model":"a"}""")]
    [InlineData("/v1/chat/completions", "{}", """{"max_tokens":50}""")]
    [InlineData("/v1/chat/completions", " { \"a\" : 1.0e0 , \"b\":\"\\u00e9\" } ", " {\"max_tokens\":50, \"a\" : 1.0e0 , \"b\":\"\\u00e9\" } ")]
    [InlineData("/v1/chat/completions", "\uFEFF{\"a\":\"ü\",\"max_tokens\": 60 }", "\uFEFF{\"a\":\"ü\",\"max_tokens\": 50 }")]
    [InlineData("/v1/chat/completions", """{"max_completion_tokens":60}""", """{"max_completion_tokens":50}""")]
    [InlineData("/v1/chat/completions", """{"max_completion_tokens":60,"max_tokens":70}""", """{"max_completion_tokens":50,"max_tokens":50}""")]
    [InlineData("/v1/chat/completions", """{"max_completion_tokens":40,"max_tokens":70}""", """{"max_completion_tokens":40,"max_tokens":50}""")]
    [InlineData("/v1/chat/completions", """{"max_tokens":50}""", """{"max_tokens":50}""")]
    [InlineData("/v1/chat/completions", """{"max_tokens":null,"a":1}""", """{"max_tokens":50,"a":1}""")]
    [InlineData("/v1/chat/completions", """{"max_tokens":-1}""", """{"max_tokens":50}""")]
    [InlineData("/v1/chat/completions", """{"max_tokens":"60"}""", """{"max_tokens":50}""")]
    [InlineData("/v1/chat/completions", """{"max_tokens":1e2}""", """{"max_tokens":50}""")]
    [InlineData("/v1/chat/completions", """{"max_tokens":{"max_tokens":1}}""", """{"max_tokens":50}""")]
    [InlineData("/v1/chat/completions", """{"max_tokens":60,"max_tokens":70}""", """{"max_tokens":50,"max_tokens":50}""")]
    [InlineData("/v1/chat/completions", """{"Max_T\u006fkens":60}""", """{"Max_T\u006fkens":50}""")]
    [InlineData("/v1/chat/completions", """{"messages":[{"max_tokens":60}]}""", """{"max_tokens":50,"messages":[{"max_tokens":60}]}""")]
    [InlineData("/v1/completions/", """{"max_completion_tokens":60}""", """{"max_tokens":50,"max_completion_tokens":60}""")]
    [InlineData("/v1/responses", """{"max_tokens":60,"max_output_tokens":60}""", """{"max_tokens":60,"max_output_tokens":50}""")]
    [InlineData("/v1/messages", """{"max_tokens":60,"thinking":{"type":"adaptive"}}""", """{"max_tokens":50,"thinking":{"type":"adaptive"}}""")]
    [InlineData("/v2/chat", """{"p":1}""", """{"max_tokens":50,"p":1}""")]
    [InlineData("/v1beta/models/g:generateContent", """{"contents":[]}""", """{"generationConfig":{"maxOutputTokens":50},"contents":[]}""")]
    [InlineData("/v1beta/models/g:streamGenerateContent", """{"generationConfig":{ "topK":1}}""", """{"generationConfig":{"maxOutputTokens":50, "topK":1}}""")]
    [InlineData("/v1beta/models/g:generateContent", """{"generationConfig":{}}""", """{"generationConfig":{"maxOutputTokens":50}}""")]
    [InlineData("/v1beta/models/g:generateContent", """{"a":1,"generationConfig":null}""", """{"a":1,"generationConfig":{"maxOutputTokens":50}}""")]
    [InlineData("/v1beta/models/g:generateContent", """{"generation_config":{"topK":1,"max_output_tokens":60}}""", """{"generation_config":{"topK":1,"max_output_tokens":50}}""")]
    [InlineData("/v1beta/models/g:generateContent", """{"maxOutputTokens":7,"generationConfig":{"maxOutputTokens":60}}""", """{"maxOutputTokens":7,"generationConfig":{"maxOutputTokens":50}}""")]
    [InlineData("/api/chat", """{"options":{"num_predict":-1,"seed":1}}""", """{"options":{"num_predict":50,"seed":1}}""")]
    [InlineData("/api/generate", """{"prompt":"x"}""", """{"options":{"num_predict":50},"prompt":"x"}""")]
    public void It_is_put_where_it_belongs(string path, string body, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(body);

        Assert.Equal(expected, Encoding.UTF8.GetString(Limit(path).Set(bytes, 50).Span));
        Assert.Equal(body, Encoding.UTF8.GetString(bytes));
    }

    [Fact]
    public void A_name_that_is_no_text_is_passed_over()
    {
        var body = $$"""{"{{new string('x', JsonMetadata.MaxNameLength)}}\ud800":1}""";

        Assert.False(RequestMetadata.Read(Encoding.UTF8.GetBytes(body)).IsMalformed);
        Assert.Equal("{\"max_tokens\":5," + body[1..], Encoding.UTF8.GetString(Limit("/v1/chat/completions").Set(Encoding.UTF8.GetBytes(body), 5).Span));
    }

    [Theory]
    [InlineData("openai", "/v1/chat/completions", "max_completion_tokens")]
    [InlineData("azure-openai", "/openai/deployments/gpt-4o/chat/completions", "max_completion_tokens")]
    [InlineData("groq", "/openai/v1/chat/completions/", "max_completion_tokens")]
    [InlineData("mistral", "/v1/chat/completions", "max_tokens")]
    [InlineData("openai", "/v1/completions", "max_tokens")]
    [InlineData("gemini", "/v1beta/openai/chat/completions", "max_tokens")]
    public void Chats_are_limited_by_the_name_that_the_vendor_has_for_it(string preset, string path, string field) =>
        Assert.Equal($$"""{"{{field}}":5}""", Encoding.UTF8.GetString(Limit(path, ("Preset", preset)).Set("{}"u8.ToArray(), 5).Span));

    [Theory]
    [InlineData("/v1/embeddings")]
    [InlineData("/v1/images/generations")]
    [InlineData("/v1/audio/speech")]
    [InlineData("/v1/files")]
    [InlineData("/v1/messages/count_tokens")]
    [InlineData("/v1/responses/resp_1")]
    [InlineData("/v1beta/models/g:embedContent")]
    public void What_writes_no_text_is_not_limited(string path) => Assert.Null(AnswerLimit.For(path, ProxySettings.Provider(Any)));

    [Theory]
    [InlineData("/v1/chat/completions", """{"max_tokens":50,"max_completion_tokens":60,"max_output_tokens":7}""", 60L)]
    [InlineData("/v1/chat/completions", """{"max_output_tokens":7,"options":{"max_tokens":7}}""", null)]
    [InlineData("/v1/completions", """{"max_tokens":50,"max_completion_tokens":60}""", 50L)]
    [InlineData("/v1beta/models/g:generateContent", """{"maxOutputTokens":7,"options":{"maxOutputTokens":8},"generationConfig":{"maxOutputTokens":60}}""", 60L)]
    [InlineData("/api/chat", """{"num_predict":7}""", null)]
    public void Only_the_apis_own_fields_are_believed(string path, string body, long? expected) =>
        Assert.Equal(expected, Limit(path).In(RequestMetadata.Read(Encoding.UTF8.GetBytes(body))));

    private static AnswerLimit Limit(string path, params (string Name, string? Value)[] settings) => AnswerLimit.For(path, ProxySettings.Provider(Any, settings))!;
}
