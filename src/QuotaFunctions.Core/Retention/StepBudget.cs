using QuotaFunctions.Core.Charging;

namespace QuotaFunctions.Core.Retention;

/// <summary>
/// What one step of a run may do, and has done: a step ends soon after either is spent. It leaves the storage to those who charge: after each call it
/// pauses for many times as long as the call took, so that it waits the longer the more there is to do.
/// </summary>
/// <param name="rows">Rows to delete.</param>
/// <param name="time">How long it may go on.</param>
/// <param name="charging">Tells whether this process decides charges meanwhile.</param>
/// <param name="clock">The clock.</param>
internal sealed class StepBudget(int rows, TimeSpan time, ChargingMetrics charging, TimeProvider clock)
{
    /// <summary>How many times as long as a call it pauses while charges are decided here: Azurite does one thing at a time, and each call holds up many.</summary>
    private const int PausePerCallWhileBusy = 50;

    /// <summary>The same while there are none, after a call that deletes: other processes may have some.</summary>
    private const int PausePerDeletion = 10;

    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(10);

    private readonly long _start = clock.GetTimestamp();
    private long _resumed = clock.GetTimestamp();
    private long _decided = charging.DecidedCount;

    /// <summary>Rows that were deleted.</summary>
    public long Deleted { get; private set; }

    /// <summary>Things that failed, and are left for the next run.</summary>
    public int Failures { get; private set; }

    /// <summary>True where nothing more is to be begun.</summary>
    public bool IsSpent => Deleted >= rows || clock.GetElapsedTime(_start) >= time;

    /// <summary>Notes rows that were deleted.</summary>
    public void Count(int deleted) => Deleted += deleted;

    /// <summary>Notes that something failed.</summary>
    public void CountFailure() => Failures++;

    /// <summary>Pauses after a call that deletes, or reads what to delete.</summary>
    public Task PauseAfterDeletionAsync(CancellationToken cancellationToken) => PauseAsync(PausePerDeletion, cancellationToken);

    /// <summary>Pauses after calls that only look for what is old.</summary>
    public Task PauseAfterLookingAsync(CancellationToken cancellationToken) => PauseAsync(0, cancellationToken);

    /// <summary>Pauses for what was done since the last pause.</summary>
    private async Task PauseAsync(int perCallWhileIdle, CancellationToken cancellationToken)
    {
        var decided = charging.DecidedCount;
        var pause = clock.GetElapsedTime(_resumed) * (decided == _decided ? perCallWhileIdle : PausePerCallWhileBusy);
        _decided = decided;
        await Task.Delay(pause < MaxPause ? pause : MaxPause, clock, cancellationToken);
        _resumed = clock.GetTimestamp();
    }
}
