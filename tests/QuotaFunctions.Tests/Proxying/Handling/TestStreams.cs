using System.Text;
using Microsoft.AspNetCore.Http;

namespace QuotaFunctions.Tests.Proxying.Handling;

internal sealed class UnwritableStream : MemoryStream
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => throw new NotSupportedException();
}

internal sealed class WatchedStream(Action onWrite) : MemoryStream
{
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        onWrite();
        return default;
    }
}

/// <summary>An answer of which nothing comes.</summary>
internal sealed class StalledStream : MemoryStream
{
    private readonly TaskCompletionSource _read = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<byte[]> _rest = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isOver;

    public void Continue(string text) => _rest.SetResult(Encoding.UTF8.GetBytes(text));

    public Task IsRead => _read.Task;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _read.TrySetResult();
        var rest = _isOver ? [] : await _rest.Task.WaitAsync(cancellationToken);
        _isOver = true;
        rest.CopyTo(buffer);
        return rest.Length;
    }
}

/// <summary>One piece of a stream, and then another stream.</summary>
internal sealed class ThenStream(Stream first, Stream next) : MemoryStream
{
    private bool _isFirstRead;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var stream = _isFirstRead ? next : first;
        _isFirstRead = true;
        return stream.ReadAsync(buffer, cancellationToken);
    }
}

/// <summary>A piece, and then another stream.</summary>
internal sealed class PiecesStream(string first, Stream next) : MemoryStream
{
    private bool _isFirstRead;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_isFirstRead)
        {
            return next.ReadAsync(buffer, cancellationToken);
        }

        _isFirstRead = true;
        return new(Encoding.UTF8.GetBytes(first, buffer.Span));
    }
}

internal sealed class EndedBody() : StreamResponseBodyFeature(new MemoryStream())
{
    public bool IsComplete { get; private set; }

    public override Task CompleteAsync()
    {
        IsComplete = true;
        return base.CompleteAsync();
    }
}
