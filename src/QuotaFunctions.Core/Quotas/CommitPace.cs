namespace QuotaFunctions.Core.Quotas;

/// <summary>
/// How long the commits of this process take: whatever else writes to the same storage and is in no hurry holds back by that.
/// </summary>
/// <remarks>The idea is LEDBAT's (RFC 6817): the delay above the least that was seen says how much others are in one's way.</remarks>
internal sealed class CommitPace(TimeProvider clock)
{
    /// <summary>The greatest <see cref="Pressure"/>: what is in no hurry must get on, too.</summary>
    public const double MaxPressure = 20;

    /// <summary>
    /// What a commit takes at the most, in milliseconds, while nothing is in its way: who has never seen storage but busy must not
    /// take that for its best.
    /// </summary>
    private const double MaxLeastMs = 10;

    /// <summary>The share of the newest commit in the average.</summary>
    private const double Weight = 0.2;

    /// <summary>By how much the least grows with each commit, so that it is found again when storage has become slower for good.</summary>
    private const double Forgetting = 1.001;

    /// <summary>After how long without a commit nobody is in the way.</summary>
    private static readonly TimeSpan Recent = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private double _leastMs = MaxLeastMs;
    private double _averageMs;
    private int _underWay;
    private long _last;

    /// <summary>
    /// How many times as long as at best commits take: 0 when there are none, 1 when nothing is in their way,
    /// <see cref="MaxPressure"/> at the most.
    /// </summary>
    public double Pressure
    {
        get
        {
            lock (_lock)
            {
                var sinceLast = clock.GetElapsedTime(_last);
                if (_underWay == 0 && (_averageMs == 0 || sinceLast > Recent))
                {
                    return 0;
                }

                var ms = _underWay > 0 ? Math.Max(_averageMs, sinceLast.TotalMilliseconds) : _averageMs;
                return Math.Clamp(ms / _leastMs, 1, MaxPressure);
            }
        }
    }

    /// <summary>Notes that a commit begins. Every one ends, too.</summary>
    public void Begin()
    {
        lock (_lock)
        {
            if (_underWay++ == 0)
            {
                _last = clock.GetTimestamp();
            }
        }
    }

    /// <summary>Notes that one has ended, and what it took.</summary>
    public void End(TimeSpan took)
    {
        var ms = Math.Max(took.TotalMilliseconds, 0.1);
        lock (_lock)
        {
            _underWay--;
            _averageMs = _averageMs == 0 ? ms : _averageMs + (Weight * (ms - _averageMs));
            _leastMs = Math.Min(Math.Min(_leastMs * Forgetting, MaxLeastMs), ms);
            _last = clock.GetTimestamp();
        }
    }
}
