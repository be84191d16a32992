using Microsoft.AspNetCore.Http;

namespace QuotaFunctions.Core.Http;

/// <summary>
/// A request's body, decoded, up to a limit. The server's own limit would not do: it cuts the connection, and behind the Functions host, which is
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

    /// <summary>Opens a body for reading, which fails as soon as it is known to be larger. What was gzip, deflate or br is read as it was before.</summary>
    /// <param name="request">Whose.</param>
    /// <param name="maxBytes">The most that it may have, encoded as well as decoded.</param>
    /// <exception cref="BadHttpRequestException">
    /// 413: it is too large, by its own account; 415: its Content-Encoding is not understood. From reading: 413 where it turned out to be too
    /// large, 400 where it is not what its Content-Encoding or the sizes of its chunks say.
    /// </exception>
    public static Stream Open(HttpRequest request, long maxBytes)
    {
        ArgumentNullException.ThrowIfNull(request);
        var body = request.ContentLength switch
        {
            null => new LimitedBodyStream(request.Body, maxBytes),
            var length when length <= maxBytes => request.Body,
            _ => throw TooLarge(),
        };
        var decoded = ContentCoding.Decode(request, body);
        return decoded == body ? body : new LimitedBodyStream(decoded, maxBytes);
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read;
        try
        {
            read = await _body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is InvalidDataException or InvalidOperationException)
        {
            // What the decoders throw
            throw new BadHttpRequestException("The body is not what its Content-Encoding says.", StatusCodes.Status400BadRequest, exception);
        }
        catch (IOException exception) when (exception.InnerException is OverflowException)
        {
            // What the server throws at a chunk whose size no number holds. Left as it is, it would be taken for storage that is away
            throw new BadHttpRequestException("The body has a chunk that is too large.", StatusCodes.Status400BadRequest, exception);
        }

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

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _body.Dispose();
        }

        base.Dispose(disposing);
    }

    private static BadHttpRequestException TooLarge() => new("The body is too large.", StatusCodes.Status413PayloadTooLarge);
}
