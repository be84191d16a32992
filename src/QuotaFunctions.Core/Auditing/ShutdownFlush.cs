using Microsoft.Extensions.Hosting;
using QuotaFunctions.Core.Charging;

namespace QuotaFunctions.Core.Auditing;

/// <summary>
/// On the way out, when no request is in flight any more: has decided what waits, then sends what is to be logged. In this order,
/// as deciding makes more to log.
/// </summary>
internal sealed class ShutdownFlush(AccountWriters writers, AuditBuffer buffer) : IHostedLifecycleService
{
    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await writers.DrainAsync(cancellationToken);
        await buffer.DrainAsync(cancellationToken);
    }
}
