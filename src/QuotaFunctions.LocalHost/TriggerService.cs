using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using QuotaFunctions.LocalHost.Functions;

namespace QuotaFunctions.LocalHost;

/// <summary>
/// Starts the queue and timer triggers once everything else runs. At a stop it first lets go of all new work, HTTP included, and
/// waits for what is under way, so that the app's own services stop, and flush what they hold, only when nothing uses them any more.
/// </summary>
internal sealed partial class TriggerService(
    IEnumerable<ITriggerListener> listeners, IServer server, TimeSpan drainTimeout, InvocationLimits invocations, TimeProvider time, ILogger logger) : IHostedLifecycleService, IDisposable
{
    // How long invocations that were asked to hurry may still take.
    private static readonly TimeSpan LastMoment = TimeSpan.FromSeconds(5);
    private readonly CancellationTokenSource _stopListening = new();
    private Task _running = Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _running = Task.WhenAll(listeners.Select(listener => Task.Run(() => listener.RunAsync(_stopListening.Token, invocations.Stopping), CancellationToken.None)));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await _stopListening.CancelAsync().ConfigureAwait(false);
        using var drain = new CancellationTokenSource(drainTimeout, time);
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(drain.Token, cancellationToken);

        // Kestrel closes idle connections at once and waits for requests; when it is told to, it cuts them.
        using var cut = new CancellationTokenSource();
        var http = server.StopAsync(cut.Token);
        var running = Task.WhenAll(_running, http);
        await running.WaitAsync(bound.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!running.IsCompleted)
        {
            LogHurry(logger, drainTimeout);
            await invocations.StopAsync().ConfigureAwait(false);
            await running.WaitAsync(LastMoment, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await cut.CancelAsync().ConfigureAwait(false);
        }

        await http.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopListening.Dispose();
    }

    [LoggerMessage(30, LogLevel.Warning, "Invocations are still under way after {Time}: asking them to stop")]
    private static partial void LogHurry(ILogger logger, TimeSpan time);
}
