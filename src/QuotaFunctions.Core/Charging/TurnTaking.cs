namespace QuotaFunctions.Core.Charging;

/// <summary>
/// Lets other instances have a turn on an account's row. Who has just committed needs one round trip for the next commit; the others need
/// two, as they read first. So an instance that commits without a pause could keep them out for as long as it has work.
/// </summary>
/// <param name="clock">The clock.</param>
/// <param name="options">How long a run may be, and the pause after it.</param>
internal sealed class TurnTaking(TimeProvider clock, QuotaEngineOptions options)
{
    /// <summary>A pause in round trips: another instance reads and writes, and may have to begin a little late.</summary>
    private const int RoundTrips = 6;

    private long? _runSince;
    private long _lastCommitAt;
    private TimeSpan _roundTrip;

    /// <summary>A commit on the account's row was carried out just now.</summary>
    /// <param name="took">How long it took.</param>
    public void NoteCommit(TimeSpan took)
    {
        var now = clock.GetTimestamp();
        if (_runSince is null || clock.GetElapsedTime(_lastCommitAt, now) - took > RoundTrips * took)
        {
            // The others had their turn before it.
            _runSince = now;
        }

        (_lastCommitAt, _roundTrip) = (now, took);
    }

    /// <summary>Another instance had its turn, or the next commits do not keep it out.</summary>
    public void EndRun() => _runSince = null;

    /// <summary>How long to pause before the next commit; zero where the run is short, and often. The next run begins with it.</summary>
    /// <param name="isShared">Whether other instances were seen to use the account.</param>
    public TimeSpan TakePause(bool isShared)
    {
        var longest = isShared ? options.LongestSharedRun : options.LongestRun;
        if (_runSince is not { } since || clock.GetElapsedTime(since) < longest)
        {
            return TimeSpan.Zero;
        }

        EndRun();
        var pause = RoundTrips * _roundTrip;
        return pause < options.LongestPause ? pause : options.LongestPause;
    }
}
