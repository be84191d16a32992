using Microsoft.Extensions.Time.Testing;

namespace QuotaFunctions.TestSupport;

/// <summary>A fake clock that knows how many timers are in use, so that a test can wait until the code under test waits.</summary>
/// <param name="start">The time that it shows first.</param>
public sealed class CountingTimeProvider(DateTimeOffset start) : FakeTimeProvider(start)
{
    private int _timers;

    /// <summary>How many timers were made and not disposed of yet. <c>Task.Delay</c> disposes of its timer when it ends.</summary>
    public int TimerCount => Volatile.Read(ref _timers);

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new CountedTimer(this, base.CreateTimer(callback, state, dueTime, period));

        // After the timer runs: a test that sees it counted may turn the clock
        Interlocked.Increment(ref _timers);
        return timer;
    }

    private sealed class CountedTimer(CountingTimeProvider clock, ITimer timer) : ITimer
    {
        private int _disposed;

        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(dueTime, period);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                timer.Dispose();
                Interlocked.Decrement(ref clock._timers);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
