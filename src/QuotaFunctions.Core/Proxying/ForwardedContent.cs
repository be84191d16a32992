using System.Net;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Http;

namespace QuotaFunctions.Core.Proxying;

/// <summary>A client's body on its way to the upstream: piece by piece, each sent before the next is read.</summary>
/// <param name="head">What is at hand.</param>
/// <param name="rest">What follows; null for nothing.</param>
/// <param name="length">Bytes to be sent in all; null where that is not known.</param>
/// <param name="inspector">Looks at <paramref name="rest"/>; null where nobody has to.</param>
internal sealed class ForwardedContent(ReadOnlyMemory<byte> head, Stream? rest, long? length, IBodyInspector? inspector = null) : HttpContent
{
    private const int BufferSize = 32 * 1024;

    // The server tells a client that left from one that sent nonsense by its words alone
    private const string ClientLeft = "Unexpected end of request content.";

    private bool _isRestSent;

    /// <summary>What is at hand.</summary>
    public ReadOnlyMemory<byte> Head => head;

    /// <summary>Whether it can be sent more than once.</summary>
    public bool IsRepeatable => rest is null;

    /// <summary>Bytes that were sent so far, or by the last attempt.</summary>
    public long SentBytes { get; private set; }

    /// <summary>Whether it is the client that is waited for.</summary>
    public bool AwaitsClient { get; private set; }

    /// <summary>The same body with another beginning, to be sent in its place.</summary>
    public ForwardedContent WithHead(ReadOnlyMemory<byte> other) => new(other, rest, length + (other.Length - head.Length), inspector);

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long computed)
    {
        computed = length ?? 0;
        return length is not null;
    }

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(head, cancellationToken).ConfigureAwait(false);
        SentBytes = head.Length;
        if (rest is null)
        {
            return;
        }

        if (_isRestSent)
        {
            throw new IOException("A body that streams cannot be sent again.");
        }

        _isRestSent = true;
        var buffer = new byte[BufferSize];
        while (true)
        {
            var piece = buffer.AsMemory(0, await ReadAsync(rest, buffer, cancellationToken).ConfigureAwait(false));
            if (piece.IsEmpty)
            {
                inspector?.End();
                return;
            }

            var sent = inspector is null ? piece : piece[..inspector.Inspect(piece.Span)];
            await stream.WriteAsync(sent, cancellationToken).ConfigureAwait(false);
            SentBytes += sent.Length;
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            // What lies on disk is not needed any more, however long the answer takes
            rest?.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<int> ReadAsync(Stream source, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        AwaitsClient = true;
        try
        {
            return await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (BadHttpRequestException exception) when (exception.Message != ClientLeft)
        {
            var problem = Problem.For(exception);
            throw new ClientBodyException(new Refusal(problem, problem == Problem.InvalidRequest ? exception.Message : null), exception);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw new ClientBodyException(refusal: null, exception);
        }
        finally
        {
            // Left set when a time-out ends the wait: it is then the client's
            AwaitsClient = cancellationToken.IsCancellationRequested;
        }
    }
}
