using Microsoft.AspNetCore.Http;

namespace QuotaFunctions.Core.Hosting;

/// <summary>
/// A request's body, up to a limit. The server's own limit would not do: it cuts the connection, and behind the Functions host, which is
/// sending still, the client then gets an empty 500 instead of the answer.
/// </summary>
public sealed class LimitedBodyStream : Stream
{
    private readonly Stream _body;
    private long _left;

    private LimitedBodyStream(Stream body, long maxBytes) => (_body, _left) = (body, maxBytes);

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Opens a body for reading, which fails as soon as it is known to be larger.</summary>
    /// <param name="request">Whose.</param>
    /// <param name="maxBytes">The most that it may have.</param>
    /// <exception cref="BadHttpRequestException">It is too large, by its own account; from reading: it turned out to be.</exception>
    public static Stream Open(HttpRequest request, long maxBytes) => request.ContentLength switch
    {
        null => new LimitedBodyStream(request.Body, maxBytes),
        var length when length <= maxBytes => request.Body,
        _ => throw TooLarge(),
    };

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await _body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        _left -= read;
        return _left >= 0 ? read : throw TooLarge();
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Flush() => throw new NotSupportedException();

    private static BadHttpRequestException TooLarge() => new("The body is too large.", StatusCodes.Status413PayloadTooLarge);
}
