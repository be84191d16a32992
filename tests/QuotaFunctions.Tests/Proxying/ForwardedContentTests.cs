using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Proxying;

namespace QuotaFunctions.Tests.Proxying;

/// <summary>A client's body on its way, and what goes wrong with it there.</summary>
public sealed class ForwardedContentTests
{
    [Fact]
    public async Task Both_parts_are_sent_and_the_length_is_said_where_it_is_known()
    {
        using var known = new ForwardedContent("ab"u8.ToArray(), new MemoryStream("cd"u8.ToArray()), length: 4);
        using var unknown = new ForwardedContent("ab"u8.ToArray(), new MemoryStream("cd"u8.ToArray()), length: null);

        Assert.Equal(4, known.Headers.ContentLength);
        Assert.Null(unknown.Headers.ContentLength);
        Assert.Equal("abcd", await known.ReadAsStringAsync());
        Assert.Equal("abcd", await unknown.ReadAsStringAsync());
    }

    [Fact]
    public async Task What_is_at_hand_can_be_sent_again_and_what_streams_cannot()
    {
        using var atHand = new ForwardedContent("ab"u8.ToArray(), rest: null, length: 2);
        await atHand.CopyToAsync(Stream.Null);
        await atHand.CopyToAsync(Stream.Null);

        using var streaming = new ForwardedContent("ab"u8.ToArray(), new MemoryStream(), length: 2);
        await streaming.CopyToAsync(Stream.Null);
        await Assert.ThrowsAsync<HttpRequestException>(() => streaming.CopyToAsync(Stream.Null));
    }

    [Theory]
    [InlineData(413, "body_too_large")]
    [InlineData(400, "invalid_request")]
    public async Task A_body_that_goes_wrong_is_the_clients_doing(int status, string code)
    {
        var fault = await SendAsync(new FailingStream(new BadHttpRequestException("It went wrong.", status)));

        Assert.Equal(code, fault.Refusal?.Problem.Code);
    }

    [Fact]
    public async Task A_client_that_left_is_told_nothing()
    {
        Assert.Null((await SendAsync(new FailingStream(new BadHttpRequestException("Unexpected end of request content.")))).Refusal);
        Assert.Null((await SendAsync(new FailingStream(new IOException("The connection was reset.")))).Refusal);
    }

    [Fact]
    public async Task What_the_inspector_refuses_is_not_sent()
    {
        using var sent = new MemoryStream();
        using var content = new ForwardedContent("ab"u8.ToArray(), new MemoryStream("cd"u8.ToArray()), length: null, new Refusing());

        var exception = await Assert.ThrowsAsync<HttpRequestException>(() => content.CopyToAsync(sent));

        Assert.NotNull(ExceptionChain.Find<ClientBodyException>(exception)?.Refusal);
        Assert.Equal("ab"u8.ToArray(), sent.ToArray());
    }

    [Fact]
    public void The_rest_is_given_up_with_it()
    {
        var rest = new MemoryStream();
        new ForwardedContent(default, rest, length: null).Dispose();
        Assert.False(rest.CanRead);
    }

    private static async Task<ClientBodyException> SendAsync(Stream rest)
    {
        using var content = new ForwardedContent("ab"u8.ToArray(), rest, length: null);
        var exception = await Assert.ThrowsAsync<HttpRequestException>(() => content.CopyToAsync(Stream.Null));
        return Assert.IsType<ClientBodyException>(ExceptionChain.Find<ClientBodyException>(exception));
    }

    private sealed class Refusing : IBodyInspector
    {
        public int Inspect(ReadOnlySpan<byte> piece) => throw ClientBodyException.Invalid("body", "is refused.");

        public void End()
        {
        }
    }

    private sealed class FailingStream(Exception exception) : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw exception;
    }
}
