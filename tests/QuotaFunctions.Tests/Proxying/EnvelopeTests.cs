using System.Text;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Core.Proxying;

namespace QuotaFunctions.Tests.Proxying;

public sealed class EnvelopeTests
{
    [Fact]
    public async Task Everything_that_it_may_hold()
    {
        var envelope = await ReadAsync("""{"endpoint":"https://a.example/x","method":"PUT","headers":{"A":"b","C":"d"},"body":{"x": [1, 2]}}""");

        Assert.Equal("https://a.example/x", envelope.Endpoint);
        Assert.Equal("PUT", envelope.Method);
        Assert.Equal("b", envelope.Headers["a"]);
        Assert.Equal("""{"x": [1, 2]}""", Encoding.UTF8.GetString(envelope.Body!.Value.Span));
        Assert.False(envelope.IsText);
        Assert.False(envelope.IsCut);
    }

    [Theory]
    [InlineData("\"text \\u00e4\"", "text ä", true)]
    [InlineData("[1]", "[1]", false)]
    [InlineData("12.50", "12.50", false)]
    [InlineData("true", "true", false)]
    [InlineData("null", null, false)]
    public async Task A_body_of_any_kind(string body, string? expected, bool isText)
    {
        var envelope = await ReadAsync($$"""{"body":{{body}},"endpoint":"https://a.example/x"}""");

        Assert.Equal(expected, envelope.Body is { } bytes ? Encoding.UTF8.GetString(bytes.Span) : null);
        Assert.Equal(isText, envelope.IsText);
    }

    [Theory]
    [InlineData("", "body")]
    [InlineData("{", "body")]
    [InlineData("[]", "body")]
    [InlineData("null", "body")]
    [InlineData("""{"endpoint":"x"} trailing""", "body")]
    [InlineData("""{"endpoint":"x","body":{"a":}}""", "body")]
    [InlineData("{}", "endpoint")]
    [InlineData("""{"endpoint":5}""", "endpoint")]
    [InlineData("""{"endpoint":null}""", "endpoint")]
    [InlineData("""{"endpoint":""}""", "endpoint")]
    [InlineData("""{"endpoint":"x","endpoint":"y"}""", "endpoint")]
    [InlineData("""{"endpoint":"x","method":["GET"]}""", "method")]
    [InlineData("""{"endpoint":"x","headers":"a: b"}""", "headers")]
    [InlineData("""{"endpoint":"x","headers":{"a":5}}""", "headers.a")]
    [InlineData("""{"endpoint":"x","headers":{"a":"b\r\nc: d"}}""", "headers.a")]
    [InlineData("""{"endpoint":"x","headers":{"a b":"c"}}""", "headers")]
    [InlineData("""{"endpoint":"x","headers":{"content-encoding":"deflate"}}""", "headers.content-encoding")]
    [InlineData("""{"endpoint":"x","headers":{"":"c"}}""", "headers")]
    [InlineData("""{"endpoint":"x","timeout":{"a":1}}""", "timeout")]
    [InlineData("""{"endpoint":"\ud800"}""", "body")]
    public async Task What_is_wrong_is_named(string text, string field)
    {
        var refused = await Assert.ThrowsAsync<RefusedException>(() => ReadAsync(text));

        Assert.Same(Problem.InvalidRequest, refused.Refusal.Problem);
        Assert.Contains(field, refused.Refusal.Errors!.Keys);
    }

    [Fact]
    public async Task A_byte_order_mark_is_no_part_of_it()
    {
        var envelope = await ReadAsync("\uFEFF{\"endpoint\":\"https://a.example/x\",\"body\":{\"a\":1}}");

        Assert.Equal("""{"a":1}""", Encoding.UTF8.GetString(envelope.Body!.Value.Span));
    }

    [Fact]
    public async Task A_body_larger_than_what_is_held_streams_to_its_last_bracket()
    {
        var body = $$"""{"model":"a","text":"{{new string('}', 2_000_000)}}","more":[{},[]]}""";
        var (sent, _) = await SendAsync($$"""{"endpoint":"https://a.example/x","body":{{body}} } """);

        Assert.Equal(body, sent);
    }

    [Theory]
    [InlineData(",\"method\":\"GET\"}")]
    [InlineData("}}")]
    [InlineData("} x")]
    [InlineData("")]
    public async Task After_a_large_body_nothing_may_follow(string end)
    {
        var text = """{"endpoint":"https://a.example/x","body":{"text":"#"}""".Replace("#", new string('x', 2_000_000), StringComparison.Ordinal) + end;

        var fault = await Assert.ThrowsAsync<ClientBodyException>(() => SendAsync(text));
        Assert.Contains("body", fault.Refusal!.Errors!.Keys);
    }

    [Theory]
    [InlineData("""{"body":{"text":"#"},"endpoint":"https://a.example/x"}""")]
    [InlineData("""{"endpoint":"https://a.example/x","body":"#"}""")]
    [InlineData("""{"endpoint":"https://a.example/x","headers":{"a":"#"}}""")]
    public async Task What_else_is_too_large_is_said_so(string text)
    {
        var refused = await Assert.ThrowsAsync<RefusedException>(() => ReadAsync(text.Replace("#", new string('x', 2_000_000), StringComparison.Ordinal)));
        Assert.Contains("body", refused.Refusal.Errors!.Keys);
    }

    [Fact]
    public async Task A_second_model_in_the_rest_of_a_large_body_is_refused()
    {
        var text = """{"endpoint":"https://a.example/x","body":{"model":"a","text":"#","mo\u0064el":"b"}}""".Replace("#", new string('x', 2_000_000), StringComparison.Ordinal);

        var fault = await Assert.ThrowsAsync<ClientBodyException>(() => SendAsync(text));
        Assert.Contains("model", fault.Refusal!.Errors!.Keys);
    }

    [Fact]
    public async Task The_fields_are_those_of_the_OpenAPI_description()
    {
        var described = typeof(QuotaFunctions.Http.Requests.ProxyRequest).GetProperties().Select(property => property.Name.ToLowerInvariant()).ToList();
        await ReadAsync("""{"endpoint":"https://a.example/x","method":"GET","headers":{},"body":{}}""");
        Assert.Equal(["endpoint", "method", "headers", "body"], described);
        var fault = await Assert.ThrowsAsync<RefusedException>(() => ReadAsync("""{"endpoint":"https://a.example/x","other":1}"""));
        Assert.Equal(["other"], fault.Refusal.Errors!.Keys);
    }

    private static async Task<Envelope> ReadAsync(string text) => Envelope.Read(await OpenAsync(text));

    private static async Task<(string Sent, Envelope Envelope)> SendAsync(string text)
    {
        var body = await OpenAsync(text);
        var envelope = Envelope.Read(body);
        Assert.True(envelope.IsCut);
        using var content = new ForwardedContent(envelope.Body!.Value, body.Rest, length: null, new EnvelopeInspector(envelope.Body.Value.Span));
        using var sent = new MemoryStream();
        try
        {
            await content.CopyToAsync(sent);
        }
        catch (HttpRequestException exception) when (ExceptionChain.Find<ClientBodyException>(exception) is { } fault)
        {
            throw fault;
        }

        return (Encoding.UTF8.GetString(sent.ToArray()), envelope);
    }

    private static Task<ClientBody> OpenAsync(string text)
    {
        var context = new DefaultHttpContext();
        context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return ClientBody.OpenAsync(context.Request, long.MaxValue, CancellationToken.None);
    }
}
