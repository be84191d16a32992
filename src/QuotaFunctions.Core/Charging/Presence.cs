using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Charging;

/// <summary>
/// Whether other instances are at work. One that lost a commit to another says so by a sign of life, at most every half minute. So one that
/// hears of no other need not leave room for any.
/// </summary>
internal sealed partial class Presence(InstanceTable instances, InstanceIdentity self, TimeProvider clock, ILogger<Presence> logger) : IAsyncDisposable
{
    /// <summary>How long one sign of life is enough: the others go by it for twice as long.</summary>
    private static readonly TimeSpan Period = Fleet.SilenceLimit / 2;

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _showing = Task.CompletedTask;
    private long? _shownAt;

    /// <summary>Says that this instance is at work, where it has not lately. Nobody waits for it: where storage does not take it, the next commit that is lost tries again.</summary>
    public void Show()
    {
        lock (_lock)
        {
            if (_showing.IsCompleted && !_stop.IsCancellationRequested && (_shownAt is not { } at || clock.GetElapsedTime(at) >= Period))
            {
                _showing = ShowAsync();
            }
        }
    }

    /// <summary>Leaves room for other instances: for a time, or until it is known that there is none.</summary>
    /// <param name="pause">How long.</param>
    /// <param name="now">The service's time, as far as it is known: what is older than <see cref="Fleet.SilenceLimit"/> is no sign of life.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task LeaveRoomAsync(TimeSpan pause, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var start = clock.GetTimestamp();
        using (var over = new CancellationTokenSource(pause, clock))
        using (var ended = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellationToken))
        {
            try
            {
                if (!await instances.HasOthersAsync(self.Id, now, ended.Token))
                {
                    return;
                }
            }
#pragma warning disable CA1031 // Whatever it is: then nothing is known, and they may be there.
            catch (Exception) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
            }
        }

        var rest = pause - clock.GetElapsedTime(start);
        if (rest > TimeSpan.Zero)
        {
            await Task.Delay(rest, clock, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Task showing;
        lock (_lock)
        {
            showing = _showing;
        }

        await showing;
        _stop.Dispose();
    }

    private async Task ShowAsync()
    {
        try
        {
            await instances.BeatAsync(self.Id, _stop.Token);
            lock (_lock)
            {
                _shownAt = clock.GetTimestamp();
            }
        }
#pragma warning disable CA1031 // There is a next time.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            if (!_stop.IsCancellationRequested)
            {
                LogFailed(logger, StorageErrors.Kind(failure));
            }
        }
    }

    [LoggerMessage(2102, LogLevel.Warning, "This instance could not say that it is at work ({Failure}); it tries again when it loses a commit.")]
    private static partial void LogFailed(ILogger logger, string failure);
}
