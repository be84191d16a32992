namespace QuotaFunctions.Core.Retention;

/// <summary>
/// Deletes what is older than it is to be kept. A run goes on in steps, each a message of the queue <c>retention-steps</c>: so it outlives any process,
/// and no call takes longer than a step.
/// </summary>
public interface IRetentionService
{
    /// <summary>How often the timer asks for a run that is due: at 47 minutes past every hour.</summary>
    const string Schedule = "0 47 * * * *";

    /// <summary>How retention stands.</summary>
    Task<RetentionStatus> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Begins a run, whether one is due or not; where one goes on, that is it. Returns how retention stands then.</summary>
    Task<RetentionStatus> StartAsync(CancellationToken cancellationToken);

    /// <summary>Begins a run where one is due, and sees to it that one that stands still goes on.</summary>
    Task StartIfDueAsync(CancellationToken cancellationToken);

    /// <summary>Does the next step of a run, and asks for the one after it. May be repeated, and run on several instances at a time.</summary>
    /// <param name="message">The message of the queue.</param>
    /// <param name="cancellationToken">Ends it: the message comes again.</param>
    Task StepAsync(string message, CancellationToken cancellationToken);
}

/// <summary>How retention stands.</summary>
/// <param name="IsEnabled">Whether the timer begins runs.</param>
/// <param name="LogDays">How long the log is kept, in days.</param>
/// <param name="IntervalHours">From the beginning of a run to the next, in hours.</param>
/// <param name="BatchSize">Rows that one step deletes, about.</param>
/// <param name="IsRunning">Whether a run goes on.</param>
/// <param name="LastEndedAt">When the last run ended; null where none has.</param>
/// <param name="LastDeleted">Rows that it had deleted.</param>
/// <param name="LastFailures">Things that failed in it, and are left for the next one.</param>
/// <param name="TotalDeleted">Rows that all runs have deleted.</param>
/// <param name="NextAt">When the timer begins the next run; null where it begins none.</param>
public sealed record RetentionStatus(
    bool IsEnabled, int LogDays, int IntervalHours, int BatchSize, bool IsRunning, DateTimeOffset? LastEndedAt, long LastDeleted, int LastFailures,
    long TotalDeleted, DateTimeOffset? NextAt);
