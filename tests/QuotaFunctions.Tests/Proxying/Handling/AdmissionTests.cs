using System.Net;
using Moq;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Http;

namespace QuotaFunctions.Tests.Proxying.Handling;

/// <summary>What is refused before anything is charged.</summary>
public sealed class AdmissionTests : ProxyHandlerTest
{
    [Fact]
    public async Task A_method_that_is_not_allowed_costs_nothing_and_goes_nowhere()
    {
        Settings = [("AllowedMethods", "GET, HEAD")];

        var refusal = await HandleAsync(NotToBeCalled);

        Assert.Same(Problem.EndpointNotAllowed, refusal?.Problem);
        Assert.Contains("POST", refusal!.Detail, StringComparison.Ordinal);
        Assert.Null(Asked);
        Context.Request.Method = "GET";
        Assert.Null(await HandleAsync(_ => Answer(HttpStatusCode.OK, "")));
    }

    [Theory]
    [InlineData("X-API-Key", "", "key_missing")]
    [InlineData("X-API-Key", "trial_x y", "key_invalid")]
    [InlineData("Authorization", "Basic abc", "key_missing")]
    [InlineData("Authorization", "Bearer ", "key_missing")]
    [InlineData("X-Goog-Api-Key", "a b", "key_invalid")]
    public async Task Without_a_key_nothing_is_read_or_charged(string header, string value, string code)
    {
        Context.Request.Headers.Remove("X-API-Key");
        Context.Request.Headers[header] = value;
        Context.Request.Body = new UnwritableStream();

        var refusal = await HandleAsync(_ => throw new InvalidOperationException("Not to be called"));

        Assert.Equal(code, refusal?.Problem.Code);
        Assert.Null(Asked);
    }

    [Fact]
    public async Task A_key_that_nobody_has_is_told_so_before_its_body_is_read()
    {
        Directory.Setup(directory => directory.FindAsync(It.IsAny<KeySecret>(), It.IsAny<CancellationToken>())).ReturnsAsync((KeyLocator?)null);
        Context.Request.Body = new UnwritableStream();

        Assert.Same(Problem.KeyInvalid, (await HandleAsync(NotToBeCalled))?.Problem);
        Assert.Null(Asked);
    }

    [Fact]
    public async Task A_web_socket_is_not_supported_and_costs_nothing()
    {
        Context.Request.Headers.Connection = "Upgrade";
        Context.Request.Headers.Upgrade = "WebSocket";

        Assert.Same(Problem.NotSupported, (await HandleAsync(NotToBeCalled))?.Problem);
        Assert.Null(Asked);
    }

    [Fact]
    public async Task Another_protocol_may_be_offered()
    {
        Context.Request.Headers.Connection = "Upgrade, HTTP2-Settings";
        Context.Request.Headers.Upgrade = "h2c";

        Assert.Null(await HandleAsync(_ => Answer(HttpStatusCode.OK, "hello")));
    }

    [Fact]
    public async Task A_content_type_that_stands_twice_is_400()
    {
        Context.Request.Headers.ContentType = new[] { "text/plain", "application/json" };

        Assert.Same(Problem.InvalidRequest, (await HandleAsync(NotToBeCalled))?.Problem);
    }
}
