using System.Globalization;
using QuotaFunctions.Core.Retention;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Http;

/// <summary>How retention stands.</summary>
/// <param name="Enabled">Whether the timer begins runs.</param>
/// <param name="RetentionDays">How long the log is kept, in days.</param>
/// <param name="CleanupInterval">From the beginning of a run to the next, in hours.</param>
/// <param name="BatchSize">Rows that one step of a run deletes, about.</param>
/// <param name="Running">Whether a run goes on.</param>
/// <param name="LastCleanupTime">When the last run ended; null where none has.</param>
/// <param name="LastCleanupCount">Rows of storage that it had deleted.</param>
/// <param name="LastCleanupFailures">Keys, pools and kinds of rows that it failed on and left for the next run: the log says why.</param>
/// <param name="TotalCleanedCount">Rows of storage that all runs have deleted.</param>
/// <param name="NextCleanupTime">When the timer begins the next run; null where it begins none.</param>
internal sealed record RetentionResponse(
    [property: Example(true)] bool Enabled,
    [property: Example(180)] int RetentionDays,
    [property: Example("24h")] string CleanupInterval,
    [property: Example(10000)] int BatchSize,
    bool Running,
    DateTimeOffset? LastCleanupTime,
    [property: Example(1200)] long LastCleanupCount,
    [property: Example(0)] int LastCleanupFailures,
    [property: Example(34000)] long TotalCleanedCount,
    DateTimeOffset? NextCleanupTime)
{
    public static RetentionResponse Of(RetentionStatus status) => new(
        status.IsEnabled,
        status.LogDays,
        string.Create(CultureInfo.InvariantCulture, $"{status.IntervalHours}h"),
        status.BatchSize,
        status.IsRunning,
        status.LastEndedAt,
        status.LastDeleted,
        status.LastFailures,
        status.TotalDeleted,
        status.NextAt);
}
