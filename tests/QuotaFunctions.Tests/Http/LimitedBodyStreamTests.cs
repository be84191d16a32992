using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Http;
using Moq;
using QuotaFunctions.Core.Http;

namespace QuotaFunctions.Tests.Http;

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

    [Theory]
    [InlineData("gzip")]
    [InlineData("x-gzip")]
    [InlineData("GZIP")]
    [InlineData("deflate")]
    [InlineData("br")]
    [InlineData("identity, gzip")]
    [InlineData("gzip,")]
    public async Task An_encoded_body_is_decoded(string coding)
    {
        var text = Encoding.UTF8.GetBytes(string.Join('-', Enumerable.Range(0, 1000)));

        using var decoded = new MemoryStream();
        await LimitedBodyStream.Open(Encoded(text, coding), text.Length).CopyToAsync(decoded);

        Assert.Equal(text, decoded.ToArray());
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task What_comes_out_of_it_is_limited_and_not_only_what_goes_in(string coding)
    {
        var request = Encoded(new byte[1_000_000], coding);
        Assert.InRange(request.Body.Length, 1, 5_000);

        var exception = await Assert.ThrowsAsync<BadHttpRequestException>(() => ReadAsync(request, maxBytes: 999_999));

        Assert.Equal(StatusCodes.Status413PayloadTooLarge, exception.StatusCode);
        Assert.Equal(1_000_000, await ReadAsync(Encoded(new byte[1_000_000], coding), maxBytes: 1_000_000));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task What_is_not_what_it_says_is_400(string coding)
    {
        var nonsense = new DefaultHttpContext().Request;
        nonsense.Body = new MemoryStream(Encoding.ASCII.GetBytes("This is neither of them, whatever it may say."));
        nonsense.Headers.ContentEncoding = coding;

        var exception = await Assert.ThrowsAsync<BadHttpRequestException>(() => ReadAsync(nonsense, maxBytes: 1000));

        Assert.Equal(StatusCodes.Status400BadRequest, exception.StatusCode);
    }

    [Theory]
    [InlineData("zstd")]
    [InlineData("compress")]
    [InlineData("gzip, gzip")]
    [InlineData("gzip, br")]
    [InlineData("nonsense")]
    public void An_encoding_that_nobody_understands_is_415(string coding)
    {
        var request = Request(10, hasLength: true);
        request.Headers.ContentEncoding = coding;

        Assert.Equal(StatusCodes.Status415UnsupportedMediaType, Assert.Throws<BadHttpRequestException>(() => LimitedBodyStream.Open(request, 10)).StatusCode);
    }

    [Fact]
    public async Task A_chunk_whose_size_no_number_holds_is_400_and_no_fault_of_storage()
    {
        var body = new Mock<Stream>();
        body.Setup(stream => stream.ReadAsync(It.IsAny<Memory<byte>>(), It.IsAny<CancellationToken>())).Throws(new IOException("Bad chunk size data.", new OverflowException()));
        var request = Request(10, hasLength: false);
        request.Body = body.Object;

        Assert.Equal(StatusCodes.Status400BadRequest, (await Assert.ThrowsAsync<BadHttpRequestException>(() => ReadAsync(request, 10))).StatusCode);
    }

    private static HttpRequest Encoded(byte[] bytes, string coding)
    {
        var encoded = new MemoryStream();
        using (Stream encoder = coding switch
        {
            "deflate" => new ZLibStream(encoded, CompressionLevel.Optimal, leaveOpen: true),
            "br" => new BrotliStream(encoded, CompressionLevel.Optimal, leaveOpen: true),
            _ => new GZipStream(encoded, CompressionLevel.Optimal, leaveOpen: true),
        })
        {
            encoder.Write(bytes);
        }

        encoded.Position = 0;
        var request = new DefaultHttpContext().Request;
        request.Body = encoded;
        request.ContentLength = encoded.Length;
        request.Headers.ContentEncoding = coding;
        return request;
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
