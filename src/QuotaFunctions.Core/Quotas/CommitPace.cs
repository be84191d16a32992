namespace QuotaFunctions.Core.Quotas;

/// <summary>
/// How long the commits of this process take: whatever else writes to the same storage and is in no hurry holds back by that.
/// </summary>
/// <remarks>The idea is LEDBAT's (RFC 6817): the delay above the least that was seen says how much others are in one's way.</remarks>
internal sealed class CommitPace(TimeProvider clock)
{
    /// <summary>The greatest <see cref="Pressure"/>: what is in no hurry must get on, too.</summary>
    public const double MaxPressure = 10;

    /// <summary>After how long without a commit nobody is in the way.</summary>
    private static readonly TimeSpan Recent = TimeSpan.FromMilliseconds(500);

    /// <summary>The share of the newest commit in the average.</summary>
    private const double Weight = 0.2;

    /// <summary>By how much the least grows with each commit, so that it is found again when storage has become slower for good.</summary>
    private const double Forgetting = 1.001;

    private readonly Lock _lock = new();
    private double _leastMs;
    private double _averageMs;
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
                return _averageMs == 0 || clock.GetElapsedTime(_last) > Recent ? 0 : Math.Clamp(_averageMs / _leastMs, 1, MaxPressure);
            }
        }
    }

    /// <summary>Notes what a commit took.</summary>
    public void Note(TimeSpan took)
    {
        var ms = Math.Max(took.TotalMilliseconds, 0.1);
        lock (_lock)
        {
            _averageMs = _averageMs == 0 ? ms : _averageMs + (Weight * (ms - _averageMs));
            _leastMs = _leastMs == 0 ? ms : Math.Min(_leastMs * Forgetting, ms);
            _last = clock.GetTimestamp();
        }
    }
}
