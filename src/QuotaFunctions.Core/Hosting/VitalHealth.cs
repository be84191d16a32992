using Microsoft.Extensions.Logging;

namespace QuotaFunctions.Core.Hosting;

/// <summary>Something that the service depends on and that can be asked whether it is well.</summary>
public interface IDependencyCheck
{
    /// <summary>What it is called in answers, such as <c>table</c>.</summary>
    string Name { get; }

    /// <summary>Whether the service cannot do its work without it.</summary>
    bool IsVital { get; }

    /// <summary>Asks it. Throws when it is not well.</summary>
    Task CheckAsync(CancellationToken cancellationToken);
}

/// <summary>How a dependency is.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Vital">Whether the service cannot do its work without it.</param>
/// <param name="Healthy">Whether it answered well, and in time.</param>
/// <param name="Latency">How long it took.</param>
/// <param name="Error">What went wrong, in a few words that are safe to show an admin; null when nothing did.</param>
public sealed record DependencyHealth(string Name, bool Vital, bool Healthy, TimeSpan Latency, string? Error);

/// <summary>Asks dependencies, all at once.</summary>
public sealed partial class Health(IEnumerable<IDependencyCheck> checks, TimeProvider time, ILogger<Health> logger)
{
    /// <summary>How long a dependency may take: 2 seconds.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    /// <summary>How long an answer is good for: 1 second, so that callers of an open route cannot make work without end.</summary>
    public static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);

    private readonly IDependencyCheck[] _checks = [.. checks];
    private readonly Lock _gate = new();
    private Task<DependencyHealth[]>? _last;
    private long _lastAt;

    /// <summary>How every dependency is.</summary>
    public Task<DependencyHealth[]> CheckAllAsync() => Task.WhenAll(_checks.Select(CheckAsync));

    /// <summary>How the vital dependencies are, at most a second ago.</summary>
    public Task<DependencyHealth[]> CheckAsync(CancellationToken cancellationToken)
    {
        Task<DependencyHealth[]> current;
        lock (_gate)
        {
            if (_last is null || time.GetElapsedTime(_lastAt) > Freshness)
            {
                _lastAt = time.GetTimestamp();
                _last = Task.WhenAll(_checks.Where(check => check.IsVital).Select(CheckAsync));
            }

            current = _last;
        }

        // Shared with other callers: one that leaves must not end it
        return current.WaitAsync(cancellationToken);
    }

    private async Task<DependencyHealth> CheckAsync(IDependencyCheck check)
    {
        var start = time.GetTimestamp();
        using var deadline = new CancellationTokenSource(Limit, time);
        try
        {
            // Waited for from outside as well: a check that does not listen must not hold up the answer
            await check.CheckAsync(deadline.Token).WaitAsync(deadline.Token);
            return new DependencyHealth(check.Name, check.IsVital, Healthy: true, time.GetElapsedTime(start), Error: null);
        }
        catch (Exception exception)
        {
            var error = deadline.IsCancellationRequested
                ? $"no answer within {Limit.TotalSeconds:0} s"
                : StorageErrors.Kind(exception);
            NotWell(check.Name, error);
            return new DependencyHealth(check.Name, check.IsVital, Healthy: false, time.GetElapsedTime(start), error);
        }
    }

    [LoggerMessage(1010, LogLevel.Warning, "The dependency {Name} is not well: {Error}.")]
    private partial void NotWell(string name, string error);
}
