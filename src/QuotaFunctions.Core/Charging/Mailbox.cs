namespace QuotaFunctions.Core.Charging;

/// <summary>
/// What was handed to a writer and is not taken yet. The writer says how many it waits for, and is woken once for all of them: waking it
/// for each would cost more than deciding it.
/// </summary>
internal sealed class Mailbox
{
    private readonly Lock _lock = new();
    private readonly List<AccountCommand> _arrived = [];
    private TaskCompletionSource? _waiter;
    private int _wanted;
    private bool _isClosed;

    /// <summary>Adds one. False where nothing is taken any more.</summary>
    public bool TryAdd(AccountCommand command)
    {
        TaskCompletionSource? waiter = null;
        lock (_lock)
        {
            if (_isClosed)
            {
                return false;
            }

            _arrived.Add(command);
            if (_arrived.Count >= _wanted)
            {
                (waiter, _waiter) = (_waiter, null);
            }
        }

        waiter?.TrySetResult();
        return true;
    }

    /// <summary>Takes no more, and wakes the writer.</summary>
    public void Close()
    {
        TaskCompletionSource? waiter;
        lock (_lock)
        {
            _isClosed = true;
            (waiter, _waiter) = (_waiter, null);
        }

        waiter?.TrySetResult();
    }

    /// <summary>Moves everything to the end of a list.</summary>
    public void TakeAll(LinkedList<AccountCommand> waiting)
    {
        lock (_lock)
        {
            foreach (var command in _arrived)
            {
                waiting.AddLast(command);
            }

            _arrived.Clear();
        }
    }

    /// <summary>
    /// Waits until so many are there, or there will be no more, or the time is over. False when it is closed, and nothing is there.
    /// One waits at a time.
    /// </summary>
    public async ValueTask<bool> WaitAsync(int count, TimeSpan longest, TimeProvider clock, CancellationToken cancellationToken)
    {
        TaskCompletionSource waiter;
        lock (_lock)
        {
            if (_isClosed || _arrived.Count >= count)
            {
                return _arrived.Count > 0;
            }

            _wanted = count;
            _waiter = waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        // Not Task.WaitAsync: it goes on in the thread pool, whatever the writer runs on.
        using var cancelled = cancellationToken.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), waiter);
        await using var timer = longest == Timeout.InfiniteTimeSpan
            ? null
            : clock.CreateTimer(static state => ((TaskCompletionSource)state!).TrySetResult(), waiter, longest, Timeout.InfiniteTimeSpan);
        await waiter.Task;
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            _waiter = null;
            return !_isClosed || _arrived.Count > 0;
        }
    }
}
