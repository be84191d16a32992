using QuotaFunctions.Core.Proxying;

namespace QuotaFunctions.Tests.Proxying;

public sealed class AnswerLimitTests
{
    [Theory]
    [InlineData("openai", "/v1/chat/completions", "max_completion_tokens")]
    [InlineData("azure-openai", "/openai/deployments/gpt-4o/chat/completions", "max_completion_tokens")]
    [InlineData("groq", "/openai/v1/chat/completions/", "max_completion_tokens")]
    [InlineData("mistral", "/v1/chat/completions", "max_tokens")]
    [InlineData("ollama", "/v1/chat/completions", "max_tokens")]
    [InlineData(null, "/v1/chat/completions", "max_tokens")]
    [InlineData("openai", "/v1/completions", "max_tokens")]
    [InlineData("openai", "/v1/responses", "max_output_tokens")]
    [InlineData("anthropic", "/v1/messages", "max_tokens")]
    [InlineData("gemini", "/v1beta/models/gemini-2.5-pro:generateContent", "generationConfig.maxOutputTokens")]
    [InlineData("gemini", "/v1beta/models/gemini-2.5-pro:streamGenerateContent", "generationConfig.maxOutputTokens")]
    [InlineData("gemini", "/v1beta/openai/chat/completions", "max_tokens")]
    [InlineData("ollama", "/api/chat", "options.num_predict")]
    [InlineData("ollama", "/api/generate", "options.num_predict")]
    [InlineData("openai", "/v1/embeddings", null)]
    [InlineData("anthropic", "/v1/messages/count_tokens", null)]
    [InlineData("openai", "/v1/responses/resp_1", null)]
    public void It_has_the_name_that_the_api_gives_it(string? preset, string path, string? field) =>
        Assert.Equal(field, AnswerLimit.FieldOf(ProxySettings.Provider("https://api.example.com", ("Preset", preset)), path));
}
