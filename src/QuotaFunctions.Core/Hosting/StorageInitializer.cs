using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace QuotaFunctions.Core.Hosting;

/// <summary>
/// Makes the tables and queues that are missing. Storage that is away does not fail the start: it goes on trying beside the
/// service, which answers 503 as long, and works as soon as storage does.
/// </summary>
internal sealed partial class StorageInitializer(IStorageSetup storage, TimeProvider time, ILogger<StorageInitializer> logger) : BackgroundService
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(2);

    private readonly TaskCompletionSource _tried = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await base.StartAsync(cancellationToken);

        // So that the first request finds the tables, where storage is well
        await _tried.Task.WaitAsync(StartPatience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var failures = 0;
        while (true)
        {
            try
            {
                await storage.CreateAsync(stoppingToken);
                Ready(failures);
                _tried.TrySetResult();
                return;
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                failures++;
                _tried.TrySetResult();
                if (failures == 1)
                {
                    Unavailable(StorageErrors.Kind(exception));
                }

                await Task.Delay(Wait, time, stoppingToken);
            }
        }
    }

    [LoggerMessage(1000, LogLevel.Debug, "The tables and queues are there, after {Failures} failures.")]
    private partial void Ready(int failures);

    [LoggerMessage(1300, LogLevel.Error, "Storage cannot be reached ({Error}); nothing is admitted until it can. Trying again every second.")]
    private partial void Unavailable(string error);
}
