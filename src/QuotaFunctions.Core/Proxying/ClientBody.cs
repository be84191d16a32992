using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using QuotaFunctions.Core.Http;

namespace QuotaFunctions.Core.Proxying;

/// <summary>
/// A request's body, decoded: its beginning, held to be looked at, and the rest, which streams. What is held in memory never grows beyond
/// <see cref="MaxHead"/>, however large the body is. Where the rest has to be looked at before anything is decided, it is put on disk.
/// </summary>
internal sealed class ClientBody : IAsyncDisposable
{
    /// <summary>The most that is held of a body: 1 MiB. A larger body streams from there on, or lies on disk.</summary>
    public const int MaxHead = 1024 * 1024;

    private const int FirstRead = 16 * 1024;
    private const int PieceSize = 32 * 1024;

    private FileBufferingReadStream? _spool;

    private ClientBody(ReadOnlyMemory<byte> head, Stream? rest, long? length)
    {
        Head = head;
        Rest = rest;
        Length = length;
    }

    /// <summary>The beginning.</summary>
    public ReadOnlyMemory<byte> Head { get; }

    /// <summary>What comes after it; null where that is all.</summary>
    public Stream? Rest { get; private set; }

    /// <summary>Bytes in all; null where that is not known yet.</summary>
    public long? Length { get; private set; }

    /// <summary>Reads the beginning: the whole body, where it is no larger than <see cref="MaxHead"/>.</summary>
    /// <param name="request">Whose.</param>
    /// <param name="maxBytes">The most that the whole body may have.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="BadHttpRequestException">
    /// As <see cref="LimitedBodyStream.Open"/> says; from reading the rest: it turned out to be too large, or malformed.
    /// </exception>
    public static async Task<ClientBody> OpenAsync(HttpRequest request, long maxBytes, CancellationToken cancellationToken)
    {
        var source = LimitedBodyStream.Open(request, maxBytes);
        var length = ContentCoding.IsEncoded(request) ? null : request.ContentLength;
        if (length is 0)
        {
            return new ClientBody(default, rest: null, 0);
        }

        var buffer = new byte[Math.Min(length ?? FirstRead, FirstRead)];
        var filled = 0;
        while (true)
        {
            var read = await source.ReadAsync(buffer.AsMemory(filled), cancellationToken).ConfigureAwait(false);
            filled += read;
            if (read == 0 || filled == length)
            {
                return new ClientBody(buffer.AsMemory(0, filled), rest: null, filled);
            }

            if (filled == MaxHead)
            {
                return new ClientBody(buffer, source, length);
            }

            if (filled == buffer.Length)
            {
                Array.Resize(ref buffer, Math.Min(buffer.Length * 2, MaxHead));
            }
        }
    }

    /// <summary>Puts the rest on disk, where there is one, and shows it, piece by piece. Afterwards the rest is read from there, and the length is known.</summary>
    /// <param name="look">Looks at a piece.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task SpoolAsync(Action<ReadOnlySpan<byte>> look, CancellationToken cancellationToken)
    {
        if (Rest is null)
        {
            return;
        }

        _spool = new FileBufferingReadStream(Rest, PieceSize);
        var buffer = new byte[PieceSize];
        int read;
        while ((read = await _spool.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            look(buffer.AsSpan(0, read));
        }

        _spool.Position = 0;
        Rest = _spool;
        Length = Head.Length + _spool.Length;
    }

    /// <summary>Reads a spooled body once more, from its beginning; afterwards the rest can be sent.</summary>
    /// <param name="read">Reads it, at least in part.</param>
    public async Task<T> ReadWholeAsync<T>(Func<Stream, Task<T>> read)
    {
        using var whole = new HeadAndRest(Head, Rest);
        var result = await read(whole).ConfigureAwait(false);
        if (_spool is not null)
        {
            _spool.Position = 0;
        }

        return result;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _spool?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Both parts as one stream, which leaves the rest open.</summary>
    private sealed class HeadAndRest(ReadOnlyMemory<byte> head, Stream? rest) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (head.IsEmpty)
            {
                return rest?.ReadAsync(buffer, cancellationToken) ?? new(0);
            }

            var length = Math.Min(head.Length, buffer.Length);
            head[..length].CopyTo(buffer);
            head = head[length..];
            return new(length);
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();
    }
}
