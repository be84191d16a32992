namespace QuotaFunctions.Tests.Charging.Simulation;

/// <summary>
/// A world of its own for the engine: one thread, a time that passes only when nobody has anything to do, and a seed that decides
/// whatever happens by chance, above all which of those that could go on goes on next. The same seed makes the same run.
/// </summary>
internal sealed class World : TaskScheduler
{
    private const long MaxTurns = 20_000_000;

    private readonly List<Task> _ready = [];
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly PriorityQueue<Alarm, (long Due, long Order)> _alarms = new();
    private long _order;

    public World(int seed)
    {
        Random = new Random(seed);
        Factory = new TaskFactory(CancellationToken.None, TaskCreationOptions.None, TaskContinuationOptions.None, this);
    }

    /// <summary>The only source of chance.</summary>
    public Random Random { get; }

    /// <summary>Ticks since the beginning.</summary>
    public long Now { get; private set; }

    /// <summary>The time of day by the storage service's clock, which nobody turns.</summary>
    public DateTimeOffset ServiceTime => Start + TimeSpan.FromTicks(Now);

    /// <summary>What ends the world.</summary>
    public Exception? Failure { get; set; }

    /// <summary>How many tasks have run.</summary>
    public long Turns { get; private set; }

    /// <summary>A number that comes out differently when anything at all happened in another order.</summary>
    public int Trace { get; private set; }

    private static DateTimeOffset Start => new(2026, 3, 27, 20, 0, 0, TimeSpan.Zero);

    private TaskFactory Factory { get; }

    /// <summary>Runs something to its end, and everything that it sets going meanwhile.</summary>
    public void Run(Func<Task> main)
    {
        // The test's own context would be asked before this scheduler.
        var outside = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            RunToEnd(Factory.StartNew(main).Unwrap());
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outside);
        }
    }

    private void RunToEnd(Task running)
    {
        while (!running.IsCompleted && Failure is null)
        {
            if (Turns > MaxTurns)
            {
                Failure = new InvalidOperationException($"It does not come to an end: {Turns} turns, {ServiceTime:O}.");
            }

            if (_ready.Count > 0)
            {
                RunOne();
            }
            else if (_alarms.TryDequeue(out var alarm, out var due))
            {
                Now = Math.Max(Now, due.Due);
                alarm.Fire(this);
            }
            else
            {
                throw new InvalidOperationException("Everybody waits for ever.");
            }
        }

        if (Failure is not null)
        {
            throw Failure;
        }

        running.GetAwaiter().GetResult();
    }

    /// <summary>Sets something going.</summary>
    public Task Spawn(Func<Task> work) => Factory.StartNew(work).Unwrap();

    /// <summary>Lets time pass.</summary>
    public Task DelayAsync(TimeSpan time)
    {
        // Not with asynchronous continuations: those of WhenAny and its like would go to the thread pool.
        var passed = new TaskCompletionSource();
        Set(new Alarm(() => passed.TrySetResult()), time);
        return passed.Task;
    }

    /// <summary>Has a lot of time pass at once, as for a machine that was suspended: what fell due meanwhile is late.</summary>
    public void Leap(TimeSpan time) => Now += time.Ticks;

    /// <summary>A clock that shows the world's time, and another time of day.</summary>
    public WorldClock NewClock() => new(this);

    protected override void QueueTask(Task task)
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            Failure = new InvalidOperationException($"Something runs on another thread, out of this world's control: {Environment.StackTrace}");
        }

        _ready.Add(task);
    }

    // Never: it would jump the queue.
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => _ready;

    private void RunOne()
    {
        var next = Random.Next(_ready.Count);
        var task = _ready[next];
        _ready[next] = _ready[^1];
        _ready.RemoveAt(_ready.Count - 1);
        Trace = HashCode.Combine(Trace, next, _ready.Count, Now);
        Turns++;
        TryExecuteTask(task);
    }

    private void Set(Alarm alarm, TimeSpan after) => _alarms.Enqueue(alarm, (Now + after.Ticks, _order++));

    /// <summary>An instance's clock.</summary>
    internal sealed class WorldClock(World world) : TimeProvider
    {
        /// <summary>How far it is ahead of the service's clock.</summary>
        public TimeSpan Skew { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override long GetTimestamp() => world.Now;

        public override DateTimeOffset GetUtcNow() => world.ServiceTime + Skew;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new WorldTimer(world, () => callback(state));
            timer.Change(dueTime, period);
            return timer;
        }
    }

    private sealed class Alarm(Action ring, TimeSpan? period = null)
    {
        public bool IsOff { get; set; }

        public void Fire(World world)
        {
            if (IsOff)
            {
                return;
            }

            if (period is { } again)
            {
                world.Set(this, again);
            }

            ring();
        }
    }

    private sealed class WorldTimer(World world, Action ring) : ITimer
    {
        private Alarm? _alarm;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Dispose();
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                _alarm = new Alarm(ring, period > TimeSpan.Zero ? period : null);
                world.Set(_alarm, dueTime);
            }

            return true;
        }

        public void Dispose() => _alarm?.IsOff = true;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
