namespace QuotaFunctions.TestSupport;

/// <summary>
/// A clock that stands still until a test turns it. Timers (and with them <c>Task.Delay</c>, time-outs and
/// <c>PeriodicTimer</c>) fire inside <see cref="Advance"/>, in the order in which they are due, each at its own time.
/// </summary>
/// <param name="start">The time that it shows first.</param>
public sealed class FakeTimeProvider(DateTimeOffset start) : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<FakeTimer> _timers = [];
    private DateTimeOffset _wallClock = start;
    private long _ticks;
    private long _order;

    /// <summary>A clock that starts at 2026-01-01T00:00:00Z.</summary>
    public FakeTimeProvider()
        : this(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>How many timers are running: lets a test wait until the code under test waits.</summary>
    public int TimerCount
    {
        get
        {
            lock (_gate)
            {
                return _timers.Count;
            }
        }
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _wallClock;
        }
    }

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        lock (_gate)
        {
            return _ticks;
        }
    }

    /// <summary>Lets time pass. Timers that fall due fire on the calling thread.</summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        long target;
        lock (_gate)
        {
            target = _ticks + by.Ticks;
        }

        while (TakeDue(target) is { } timer)
        {
            timer.Fire();
        }
    }

    /// <summary>Sets the wall clock, forward or back, as an administrator or NTP would: no time passes, no timer fires.</summary>
    public void JumpTo(DateTimeOffset utcNow)
    {
        lock (_gate)
        {
            _wallClock = utcNow;
        }
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new FakeTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves the clock to the next due timer and hands it out, or to the target when none is due before.</summary>
    private FakeTimer? TakeDue(long target)
    {
        lock (_gate)
        {
            var timer = _timers.Where(candidate => candidate.Due <= target).MinBy(candidate => (candidate.Due, candidate.Order));
            var to = Math.Max(_ticks, timer?.Due ?? target);
            _wallClock += TimeSpan.FromTicks(to - _ticks);
            _ticks = to;
            if (timer is null)
            {
                return null;
            }

            if (timer.Period > 0)
            {
                timer.Due += timer.Period;
                timer.Order = _order++;
            }
            else
            {
                _timers.Remove(timer);
            }

            return timer;
        }
    }

    private sealed class FakeTimer(FakeTimeProvider clock, TimerCallback callback, object? state) : ITimer
    {
        private bool disposed;

        public long Due { get; set; }

        public long Order { get; set; }

        public long Period { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                if (disposed)
                {
                    return false;
                }

                clock._timers.Remove(this);
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Due = clock._ticks + dueTime.Ticks;
                    Period = period == Timeout.InfiniteTimeSpan ? 0 : period.Ticks;
                    Order = clock._order++;
                    clock._timers.Add(this);
                }
            }

            // A real timer with nothing to wait for fires at once, on another thread.
            if (dueTime == TimeSpan.Zero)
            {
                ThreadPool.QueueUserWorkItem(static clock => clock.Advance(TimeSpan.Zero), clock, preferLocal: false);
            }

            return true;
        }

        public void Fire() => callback(state);

        public void Dispose()
        {
            lock (clock._gate)
            {
                disposed = true;
                clock._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
