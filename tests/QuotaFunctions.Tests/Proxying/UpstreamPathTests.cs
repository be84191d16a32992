using QuotaFunctions.Core.Proxying;

namespace QuotaFunctions.Tests.Proxying;

public sealed class UpstreamPathTests
{
    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/v1/chat/completions")]
    [InlineData("/v1/chat/")]
    [InlineData("/v1/files/a%20b.txt")]
    [InlineData("/v1/files/a%2Fb")]
    [InlineData("/sites/https%3A%2F%2Fexample.com")]
    [InlineData("/v1/..hidden/a..b/...")]
    [InlineData("/v1beta/models/gemini-pro:generateContent")]
    [InlineData("/50%25/%2525")]
    public void Plain(string path) => Assert.True(UpstreamPath.IsPlain(path));

    [Theory]
    [InlineData("/v1/../admin")]
    [InlineData("/v1/..")]
    [InlineData("..")]
    [InlineData("/v1/./chat")]
    [InlineData("/v1/%2e%2e/admin")]
    [InlineData("/v1/%2E./admin")]
    [InlineData("/v1/a%2f..%2fadmin")]
    [InlineData("/v1/a%2F%2e%2e%2Fadmin")]
    [InlineData("/v1/%252e%252e/admin")]
    [InlineData("/v1/%25252e%25252e/admin")]
    [InlineData("/v1/..%5cadmin")]
    [InlineData("/v1/a\\b")]
    [InlineData("/v1/a%5Cb")]
    [InlineData("//evil/v1")]
    [InlineData("/v1//chat")]
    [InlineData("/v1/a b")]
    [InlineData("/v1/a%00b")]
    [InlineData("/v1/a%0d%0ab")]
    [InlineData("/v1/a#b")]
    [InlineData("/v1/ä")]
    public void Not_plain(string path) => Assert.False(UpstreamPath.IsPlain(path));

    [Theory]
    [InlineData("/v1/%69mages/x", "/v1/images/x")]
    [InlineData("/v1%2Fimages/x", "/v1/images/x")]
    [InlineData("/v1%2F/images/", "/v1/images/")]
    [InlineData("/", "/")]
    public void Decoded_as_the_most_lenient_upstream_does(string path, string expected) => Assert.Equal(expected, UpstreamPath.Decode(path));

    [Theory]
    [InlineData("/v1beta/models/gemini-pro:generateContent", "gemini-pro")]
    [InlineData("/v1beta/%6dodels/gemini%2Dpro%3AgenerateContent", "gemini-pro")]
    [InlineData("/v1beta%2Fmodels%2Fgemini-pro:generateContent", "gemini-pro")]
    [InlineData("/openai/deployments/gpt-4o/chat/completions", "gpt-4o")]
    [InlineData("/v1/models/gpt-4o", "gpt-4o")]
    [InlineData("/models/org%2Fname:run", "org/name")]
    [InlineData("/v1/models", null)]
    [InlineData("/v1/models/", null)]
    [InlineData("/v1/chat/completions", null)]
    public void The_model_in_a_path(string path, string? model) => Assert.Equal(model, UpstreamPath.ModelIn(path));
}
