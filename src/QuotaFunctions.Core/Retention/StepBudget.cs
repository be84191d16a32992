namespace QuotaFunctions.Core.Retention;

/// <summary>What one step of a run may do, and has done: a step ends soon after either is spent.</summary>
/// <param name="rows">Rows to delete.</param>
/// <param name="time">How long it may go on.</param>
/// <param name="clock">The clock.</param>
internal sealed class StepBudget(int rows, TimeSpan time, TimeProvider clock)
{
    private readonly long _start = clock.GetTimestamp();

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
}
