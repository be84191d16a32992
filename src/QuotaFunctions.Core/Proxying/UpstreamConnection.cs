using System.Runtime.CompilerServices;

namespace QuotaFunctions.Core.Proxying;

/// <summary>
/// A connection to an upstream that counts what comes in, so that a request that failed can tell whether the upstream had
/// closed the idle connection before it arrived.
/// </summary>
/// <param name="inner">The connection, decrypted.</param>
internal sealed class UpstreamConnection(Stream inner) : Stream
{
    private long _received;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        _received += read;
        return read;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Use.Current?.Writes(this);
        return inner.WriteAsync(buffer, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public override void Flush() => inner.Flush();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>What one sending of a request did with its connection. Follows the request by its flow: the handler does not say which it takes.</summary>
    internal sealed class Use
    {
        private static readonly AsyncLocal<Use?> OfThisFlow = new();

        private UpstreamConnection? _connection;
        private long _receivedBefore;

        public static Use? Current => OfThisFlow.Value;

        /// <summary>True when the request went out on a connection that had served before, and not a byte has come in since.</summary>
        public bool IsStale => _receivedBefore > 0 && _connection!._received == _receivedBefore;

        /// <summary>Watches what the caller sends from now on.</summary>
        public static Use Begin() => OfThisFlow.Value = new Use();

        public void Writes(UpstreamConnection connection)
        {
            if (_connection != connection)
            {
                (_connection, _receivedBefore) = (connection, connection._received);
            }
        }
    }
}
