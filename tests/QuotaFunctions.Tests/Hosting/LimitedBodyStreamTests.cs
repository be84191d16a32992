using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Tests.Hosting;

public sealed class LimitedBodyStreamTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_of_just_the_limit_is_read_whole(bool hasLength) =>
        Assert.Equal(10, await ReadAsync(Request(10, hasLength), maxBytes: 10));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_byte_more_is_413(bool hasLength)
    {
        var exception = await Assert.ThrowsAsync<BadHttpRequestException>(() => ReadAsync(Request(11, hasLength), maxBytes: 10));
        Assert.Equal(StatusCodes.Status413PayloadTooLarge, exception.StatusCode);
    }

    [Fact]
    public void One_that_says_itself_that_it_is_too_large_is_not_read_at_all()
    {
        var request = Request(11, hasLength: true);
        Assert.Throws<BadHttpRequestException>(() => LimitedBodyStream.Open(request, 10));
        Assert.Equal(0, request.Body.Position);
    }

    private static HttpRequest Request(int bytes, bool hasLength)
    {
        var request = new DefaultHttpContext().Request;
        request.Body = new MemoryStream(new byte[bytes]);
        request.ContentLength = hasLength ? bytes : null;
        return request;
    }

    private static async Task<int> ReadAsync(HttpRequest request, long maxBytes)
    {
        var source = LimitedBodyStream.Open(request, maxBytes);
        var buffer = new byte[4];
        var total = 0;
        while (await source.ReadAsync(buffer) is var read && read > 0)
        {
            total += read;
        }

        return total;
    }
}
