using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace QuotaFunctions.Core.Hosting;

/// <summary>How the vital dependencies are: callers within a second share one report, so that a flood of them makes no flood of calls to storage.</summary>
/// <param name="checks">Runs the checks.</param>
/// <param name="time">Tells how old a report is.</param>
public sealed class VitalHealth(HealthCheckService checks, TimeProvider time)
{
    /// <summary>The tag of the checks of dependencies without which the service cannot do its work.</summary>
    internal const string Tag = "vital";

    /// <summary>How long a report is good for: 1 second.</summary>
    internal static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Task<HealthReport>? _last;
    private long _lastAt;

    /// <summary>A report that was begun at most a second ago.</summary>
    /// <param name="cancellationToken">Ends the waiting, not the checks: these are shared with other callers.</param>
    public Task<HealthReport> ReportAsync(CancellationToken cancellationToken)
    {
        Task<HealthReport> current;
        lock (_gate)
        {
            if (_last is null || time.GetElapsedTime(_lastAt) > Freshness)
            {
                _lastAt = time.GetTimestamp();
                _last = checks.CheckHealthAsync(static check => check.Tags.Contains(Tag), CancellationToken.None);
            }

            current = _last;
        }

        return current.WaitAsync(cancellationToken);
    }
}
