using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Validation;
using QuotaFunctions.Http;

namespace QuotaFunctions.Tests.Http;

public sealed class JsonBodyTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("application/json")]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    public async Task Whatever_it_is_called_it_is_read(string? contentType)
    {
        var request = TestRequests.Context("POST", body: """{"a":1}""").Request;
        request.ContentType = contentType;
        Assert.Equal(1, (await JsonBody.ReadAsync(request, default)).GetProperty("a").GetInt32());
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \r\n\t")]
    [InlineData("\uFEFF")]
    public async Task Nothing_is_a_fault_where_something_must_be(string body)
    {
        await Assert.ThrowsAsync<InvalidRequestException>(() => JsonBody.ReadAsync(TestRequests.Context("POST", body: body).Request, default));
        Assert.Empty((await JsonBody.ReadOrEmptyAsync(TestRequests.Context("POST", body: body).Request, default)).EnumerateObject());
    }

    [Fact]
    public async Task A_byte_order_mark_is_no_part_of_it() =>
        Assert.Equal(1, (await JsonBody.ReadAsync(TestRequests.Context("POST", body: "\uFEFF{\"a\":1}").Request, default)).GetProperty("a").GetInt32());

    [Fact]
    public async Task A_holders_body_has_64_KiB_at_the_most()
    {
        await JsonBody.ReadAsync(TestRequests.Context("POST", body: Sized(64 * 1024)).Request, JsonBody.MaxHolderBytes, default);
        var exception = await Assert.ThrowsAsync<BadHttpRequestException>(
            () => JsonBody.ReadOrEmptyAsync(TestRequests.Context("POST", body: Sized((64 * 1024) + 1)).Request, JsonBody.MaxHolderBytes, default));
        Assert.Equal(413, exception.StatusCode);
    }

    [Fact]
    public async Task A_body_of_10_MiB_is_read_and_one_byte_more_is_too_large()
    {
        await JsonBody.ReadAsync(TestRequests.Context("POST", body: Sized(JsonBody.MaxBytes)).Request, default);
        var exception = await Assert.ThrowsAsync<BadHttpRequestException>(
            () => JsonBody.ReadAsync(TestRequests.Context("POST", body: Sized(JsonBody.MaxBytes + 1)).Request, default));
        Assert.Equal(413, exception.StatusCode);
    }

    [Fact]
    public async Task A_body_that_says_it_is_too_large_is_not_read_at_all()
    {
        var request = TestRequests.Context("POST").Request;
        request.ContentLength = JsonBody.MaxBytes + 1L;
        request.Body = Stream.Null;
        Assert.Equal(413, (await Assert.ThrowsAsync<BadHttpRequestException>(() => JsonBody.ReadAsync(request, default))).StatusCode);
    }

    private static string Sized(int bytes) => $$"""{"a":"{{new string('x', bytes - 8)}}"}""";
}
