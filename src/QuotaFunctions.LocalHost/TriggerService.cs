using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace QuotaFunctions.LocalHost;

/// <summary>
/// Starts the queue and timer triggers once everything else runs. At a stop it first lets go of all new work, HTTP included, and
/// waits for what is under way, so that the app's own services stop, and flush what they hold, only when nothing uses them any more.
/// </summary>
internal sealed partial class TriggerService(
    IEnumerable<ITriggerListener> listeners, IServer server, TimeSpan drainTimeout, TimeProvider time, ILogger logger) : IHostedLifecycleService, IDisposable
{
    // How long invocations that were asked to hurry may still take.
    private static readonly TimeSpan LastMoment = TimeSpan.FromSeconds(5);
    private readonly CancellationTokenSource _stopListening = new();
    private readonly CancellationTokenSource _stopRunning = new();
    private Task _running = Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _running = Task.WhenAll(listeners.Select(listener => Task.Run(() => listener.RunAsync(_stopListening.Token, _stopRunning.Token), CancellationToken.None)));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await _stopListening.CancelAsync().ConfigureAwait(false);
        using var drain = new CancellationTokenSource(drainTimeout, time);
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(drain.Token, cancellationToken);

        // Kestrel closes idle connections at once and waits for requests; when the time is up it cuts them.
        var http = server.StopAsync(bound.Token);
        await _running.WaitAsync(bound.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_running.IsCompleted)
        {
            LogHurry(logger, drainTimeout);
            await _stopRunning.CancelAsync().ConfigureAwait(false);
            await _running.WaitAsync(LastMoment, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
        _stopRunning.Dispose();
    }

    [LoggerMessage(30, LogLevel.Warning, "Invocations are still under way after {Time}: asking them to stop")]
    private static partial void LogHurry(ILogger logger, TimeSpan time);
}
