using Microsoft.Extensions.Logging;

namespace QuotaFunctions.Core.Hosting;

/// <summary>
/// Reads something from storage for scrapes and probes: those within a few seconds share one reading, and where storage does not answer in
/// time there is none, so that each costs little and never hangs.
/// </summary>
/// <param name="what">What is read, for the log.</param>
/// <param name="read">Reads it.</param>
/// <param name="time">Tells how old a reading is.</param>
/// <param name="logger">The log.</param>
internal sealed partial class RecentReading<T>(string what, Func<CancellationToken, Task<T>> read, TimeProvider time, ILogger logger)
    where T : class
{
    /// <summary>How long a reading is good for.</summary>
    public static readonly TimeSpan Freshness = TimeSpan.FromSeconds(5);

    /// <summary>How long storage is waited for.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private Task<T?>? _last;
    private long _lastAt;

    /// <summary>What was read last; null where storage did not answer.</summary>
    /// <param name="cancellationToken">Ends the waiting, not the reading: it is shared with others.</param>
    public Task<T?> GetAsync(CancellationToken cancellationToken)
    {
        Task<T?> current;
        lock (_gate)
        {
            if (_last is null || time.GetElapsedTime(_lastAt) > Freshness)
            {
                _lastAt = time.GetTimestamp();
                _last = ReadAsync();
            }

            current = _last;
        }

        return current.WaitAsync(cancellationToken);
    }

    private async Task<T?> ReadAsync()
    {
        using var limit = new CancellationTokenSource(Limit, time);
        try
        {
            // Waited for from outside as well: a reading that ignores its cancellation must not hold up who asks
            return await read(limit.Token).WaitAsync(limit.Token);
        }
        catch (Exception exception)
        {
            NotRead(logger, what, StorageErrors.Kind(exception));
            return null;
        }
    }

    [LoggerMessage(1500, LogLevel.Warning, "Metrics and probes go without {What}: {Reason}")]
    private static partial void NotRead(ILogger logger, string what, string reason);
}
