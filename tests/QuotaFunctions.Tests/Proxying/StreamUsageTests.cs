using System.Text;
using QuotaFunctions.Core.Proxying;

namespace QuotaFunctions.Tests.Proxying;

/// <summary>A stream is asked to report its usage, and nothing else of the body is touched.</summary>
public sealed class StreamUsageTests
{
    [Theory]
    [InlineData("""{"stream":true}""", """{"stream_options":{"include_usage":true},"stream":true}""")]
    [InlineData(" { \"stream\" : true , \"a\" : 1.0e0 } ", " {\"stream_options\":{\"include_usage\":true}, \"stream\" : true , \"a\" : 1.0e0 } ")]
    [InlineData("\uFEFF{\"stream\":true}", "\uFEFF{\"stream_options\":{\"include_usage\":true},\"stream\":true}")]
    [InlineData("""{"stream":true,"stream_options":null}""", """{"stream":true,"stream_options":{"include_usage":true}}""")]
    [InlineData("""{"stream_options":{},"stream":true}""", """{"stream_options":{"include_usage":true},"stream":true}""")]
    [InlineData("""{"stream_options":{"a":[1]},"stream":true}""", """{"stream_options":{"include_usage":true,"a":[1]},"stream":true}""")]
    [InlineData("""{"stream_options":{"include_usage": false, "a":1},"stream":true}""", """{"stream_options":{"include_usage": true, "a":1},"stream":true}""")]
    [InlineData("""{"a":{"stream":false},"stream":true}""", """{"stream_options":{"include_usage":true},"a":{"stream":false},"stream":true}""")]
    [InlineData("""{"stream_options":{"include_usage":true},"stream":true}""", null)]
    [InlineData("""{"stream_options":7,"stream":true}""", null)]
    [InlineData("""{"stream":false}""", null)]
    [InlineData("""{"a":{"stream":true}}""", null)]
    [InlineData("{}", null)]
    [InlineData("[]", null)]
    [InlineData("""{"stream":true""", null)]
    [InlineData("nonsense", null)]
    [InlineData("", null)]
    public void Of_a_whole_body(string body, string? expected) => Assert.Equal(expected, Ask(body, isWhole: true));

    [Theory]
    [InlineData("""{"stream":true,"messages":[{"content":"and so o""", """{"stream_options":{"include_usage":true},"stream":true,"messages":[{"content":"and so o""")]
    [InlineData("""{"messages":[{"content":"and so o""", null)]
    [InlineData("""{"stream":true,"stream_options":{"incl""", null)]
    public void Of_a_beginning(string body, string? expected) => Assert.Equal(expected, Ask(body, isWhole: false));

    [Theory]
    [InlineData("POST", "/v1/chat/completions", true)]
    [InlineData("POST", "/openai/deployments/x/chat/completions/", true)]
    [InlineData("POST", "/v1/completions", true)]
    [InlineData("GET", "/v1/chat/completions", false)]
    [InlineData("POST", "/v1/responses", false)]
    [InlineData("POST", "/v1/messages", false)]
    public void Of_completions_alone(string method, string path, bool expected) =>
        Assert.Equal(expected, StreamUsage.HasToBeAsked(new HttpMethod(method), path));

    private static string? Ask(string body, bool isWhole) =>
        StreamUsage.Ask(Encoding.UTF8.GetBytes(body), isWhole) is { } asking ? Encoding.UTF8.GetString(asking.Span) : null;
}
