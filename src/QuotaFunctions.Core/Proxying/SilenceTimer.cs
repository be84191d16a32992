namespace QuotaFunctions.Core.Proxying;

/// <summary>Runs while a piece of an answer is waited for, and ends when none has come for too long.</summary>
/// <param name="limit">How long.</param>
/// <param name="time">The time.</param>
internal sealed class SilenceTimer(TimeSpan limit, TimeProvider time) : IDisposable
{
    private readonly CancellationTokenSource _end = new(Timeout.InfiniteTimeSpan, time);

    /// <summary>Ends with the timer.</summary>
    public CancellationToken Token => _end.Token;

    /// <summary>Waits for a piece, which <see cref="Token"/> must end.</summary>
    /// <param name="piece">The reading of it.</param>
    public async ValueTask<int> AwaitAsync(ValueTask<int> piece)
    {
        _end.CancelAfter(limit);
        var length = await piece.ConfigureAwait(false);
        _end.CancelAfter(Timeout.InfiniteTimeSpan);
        return length;
    }

    /// <inheritdoc/>
    public void Dispose() => _end.Dispose();
}
