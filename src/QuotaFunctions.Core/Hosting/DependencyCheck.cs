using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace QuotaFunctions.Core.Hosting;

/// <summary>
/// Asks something that the service depends on whether it is well. What went wrong is told in a few words that are safe to show and
/// to log: never by the exception, whose message may hold addresses and more.
/// </summary>
internal abstract class DependencyCheck : IHealthCheck
{
    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            // Waited for from outside as well: a check that ignores its cancellation must not hold up the answer
            await AskAsync(cancellationToken).WaitAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception exception)
        {
            var error = cancellationToken.IsCancellationRequested
                ? $"no answer within {context.Registration.Timeout.TotalSeconds:0} s"
                : StorageErrors.Kind(exception);
            return new HealthCheckResult(context.Registration.FailureStatus, error);
        }
    }

    /// <summary>Asks. Throws when the dependency is not well.</summary>
    /// <param name="cancellationToken">Ends when the dependency has had its time.</param>
    protected abstract Task AskAsync(CancellationToken cancellationToken);
}

/// <summary>Registers checks of dependencies. <see cref="HealthCheckService"/> runs all at once, each for 2 seconds at the most.</summary>
internal static class DependencyCheckExtensions
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    /// <summary>Adds the check of a dependency without which the service cannot do its work: where it is not well, the report is unhealthy.</summary>
    /// <param name="checks">Takes the check.</param>
    /// <param name="name">What the dependency is called in answers, such as <c>table</c>.</param>
    public static IHealthChecksBuilder AddVital<TCheck>(this IHealthChecksBuilder checks, string name)
        where TCheck : DependencyCheck => checks.AddCheck<TCheck>(name, HealthStatus.Unhealthy, [VitalHealth.Tag], Timeout);

    /// <summary>Adds the check of a dependency that only some requests need: where it is not well, the report is degraded.</summary>
    /// <param name="checks">Takes the check.</param>
    /// <param name="name">What the dependency is called in answers.</param>
    /// <param name="create">Makes the check.</param>
    public static IHealthChecksBuilder AddOptional(this IHealthChecksBuilder checks, string name, Func<IServiceProvider, DependencyCheck> create) =>
        checks.Add(new HealthCheckRegistration(name, create, HealthStatus.Degraded, ["optional"], Timeout));
}
