using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace QuotaFunctions.Core.Proxying;

/// <summary>Copies the body of an answer to the client, piece by piece; where the client has left, it reads on alone.</summary>
/// <param name="response">The client's answer.</param>
/// <param name="usage">Reads along; null where it cannot.</param>
/// <param name="filter">Keeps something from the client; null for nothing.</param>
/// <param name="recording">Takes down what the client gets; null where nobody does.</param>
/// <param name="progress">What is measured of it.</param>
/// <param name="silence">Ends the reading when nothing has come for too long.</param>
/// <param name="time">The time.</param>
internal sealed class AnswerCopier(
    HttpResponse response, TokenUsageReader? usage, UsageEventFilter? filter, AnswerRecording? recording, ForwardProgress progress, SilenceTimer silence,
    TimeProvider time)
{
    private const int BufferSize = 32 * 1024;

    /// <summary>Whether all of the body was read.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>Whether the client got less than was read.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Whether the client got all that mattered before it left: the stream had said that it is over.</summary>
    public bool WasOver { get; private set; }

    /// <summary>Copies it.</summary>
    /// <param name="source">The body.</param>
    /// <param name="sending">Ends when the client gets no more.</param>
    /// <param name="reading">Ends when no more is read, at the same time or later.</param>
    public async Task CopyAsync(Stream source, CancellationToken sending, CancellationToken reading)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        var next = ReadAsync(source, buffer, reading);
        if (!next.IsCompleted)
        {
            // The headers do not wait for the body; with what is there at once they go together
            await WriteAsync(default, sending, reading).ConfigureAwait(false);
        }

        int length;
        while ((length = await next.ConfigureAwait(false)) > 0)
        {
            progress.FirstByteAt ??= time.GetTimestamp();
            usage?.Read(buffer.AsSpan(0, length));
            var piece = filter is null ? buffer.AsMemory(0, length) : filter.Take(buffer.AsSpan(0, length));
            await WriteAsync(piece, sending, reading).ConfigureAwait(false);
            if (IsCut && usage is not { IsOver: false })
            {
                throw new OperationCanceledException(sending);
            }

            WasOver = !IsCut && usage is { IsOver: true };
            next = ReadAsync(source, buffer, reading);
        }

        if (filter?.End() is { IsEmpty: false } last)
        {
            await WriteAsync(last, sending, reading).ConfigureAwait(false);
        }

        IsWhole = true;

        // Not after a failure, when something may still be reading into it
        ArrayPool<byte>.Shared.Return(buffer);
    }

    // Once a piece was not sent, none of the following is: the client must not take the rest for the whole
    private async ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken sending, CancellationToken reading)
    {
        recording?.Add(piece.Span);
        if (IsCut)
        {
            return;
        }

        try
        {
            sending.ThrowIfCancellationRequested();
            if (piece.IsEmpty)
            {
                await response.Body.FlushAsync(sending).ConfigureAwait(false);
            }
            else
            {
                await response.Body.WriteAsync(piece, sending).ConfigureAwait(false);
                progress.BytesOut += piece.Length;
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException && sending.IsCancellationRequested && !reading.IsCancellationRequested)
        {
            IsCut = true;
        }
    }

    // However an upstream's answer breaks off: it is not this service that failed
    private async ValueTask<int> ReadAsync(Stream source, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            var piece = source.ReadAsync(buffer, cancellationToken);
            return piece.IsCompleted ? await piece.ConfigureAwait(false) : await silence.AwaitAsync(piece).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not (IOException or OperationCanceledException))
        {
            throw new IOException(exception.Message, exception);
        }
    }
}
