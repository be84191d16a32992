using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using QuotaFunctions.LocalHost.Functions;

namespace QuotaFunctions.LocalHost.Timers;

/// <summary>Runs a function when its schedule says so, one run at a time. A run that was due while another one lasted follows it once.</summary>
internal sealed partial class TimerListener(
    LocalFunction function,
    FunctionExecutionDelegate pipeline,
    TimerSchedule schedule,
    TimerStateStore states,
    IServiceScopeFactory scopes,
    TimeProvider time,
    ILogger logger) : ITriggerListener
{
    // The clock may be set, and a laptop sleeps: look at it again at least this often.
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private readonly TimerTriggerAttribute _trigger = (TimerTriggerAttribute)function.Trigger;

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken stopListening, CancellationToken stopRunning)
    {
        var now = time.GetUtcNow();
        if (schedule.NextAfter(now, time.LocalTimeZone) is not { } next)
        {
            LogNeverDue(logger, function.Name);
            return;
        }

        var monitored = IsMonitored(next);
        var state = new TimerState(null, next, now);
        var isPastDue = false;
        if (monitored && await LoadAsync(stopListening).ConfigureAwait(false) is { } stored && IsOfThisSchedule(stored))
        {
            state = stored;
            isPastDue = now > stored.Next;
        }

        if (isPastDue || _trigger.RunOnStartup)
        {
            state = await InvokeAsync(state, monitored, isPastDue, stopRunning).ConfigureAwait(false);
        }
        else if (monitored)
        {
            await SaveAsync(state).ConfigureAwait(false);
        }

        while (await WaitUntilAsync(state.Next, stopListening).ConfigureAwait(false))
        {
            state = await InvokeAsync(state, monitored, isPastDue: false, stopRunning).ConfigureAwait(false);
        }
    }

    /// <summary>As in the Functions host, a timer that comes more than once a minute has no memory.</summary>
    private bool IsMonitored(DateTimeOffset next) =>
        _trigger.UseMonitor && (schedule.NextAfter(next, time.LocalTimeZone) is not { } afterNext || afterNext - next >= TimeSpan.FromMinutes(1));

    /// <summary>Whether the stored state fits the schedule that the timer has now; after a change it starts anew.</summary>
    private bool IsOfThisSchedule(TimerState stored) => schedule.NextAfter(stored.Updated, time.LocalTimeZone) == stored.Next;

    private async Task<bool> WaitUntilAsync(DateTimeOffset due, CancellationToken stopListening)
    {
        while (!stopListening.IsCancellationRequested)
        {
            var left = due - time.GetUtcNow();
            if (left <= TimeSpan.Zero)
            {
                return true;
            }

            // A timer counts whole milliseconds; one too few would only mean one round more.
            var pause = left < LongestPause ? left + TimeSpan.FromMilliseconds(1) : LongestPause;
            await Task.Delay(pause, time, stopListening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return false;
    }

    private async Task<TimerState> InvokeAsync(TimerState state, bool monitored, bool isPastDue, CancellationToken stopRunning)
    {
        var started = time.GetUtcNow();
        var info = new TimerInfo { IsPastDue = isPastDue, ScheduleStatus = monitored ? ToStatus(state) : null };
        var scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            try
            {
                var bindingData = new Dictionary<string, object?> { ["TimerTrigger"] = _trigger.Schedule };
                await pipeline(new LocalFunctionContext(function, info, bindingData, scope.ServiceProvider, stopRunning)).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                LogFailed(logger, exception, function.Name);
            }
        }

        var after = schedule.NextAfter(started, time.LocalTimeZone) is { } next
            ? new TimerState(started, next, started)
            : state with { Next = DateTimeOffset.MaxValue };
        if (monitored)
        {
            await SaveAsync(after).ConfigureAwait(false);
        }

        return after;
    }

    private ScheduleStatus ToStatus(TimerState state) => new()
    {
        Last = state.Last is { } last ? InLocalTime(last) : default,
        Next = InLocalTime(state.Next),
        LastUpdated = InLocalTime(state.Updated),
    };

    private DateTime InLocalTime(DateTimeOffset moment) => TimeZoneInfo.ConvertTime(moment, time.LocalTimeZone).DateTime;

    private async Task<TimerState?> LoadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await states.LoadAsync(function.Name, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            LogNoState(logger, function.Name, exception.Message);
            return null;
        }
    }

    private async Task SaveAsync(TimerState state)
    {
        try
        {
            await states.SaveAsync(function.Name, state, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogNoState(logger, function.Name, exception.Message);
        }
    }

    [LoggerMessage(20, LogLevel.Error, "Function {Function} failed; it runs again when it is due")]
    private static partial void LogFailed(ILogger logger, Exception exception, string function);

    [LoggerMessage(21, LogLevel.Warning, "Function {Function} has a schedule that never comes")]
    private static partial void LogNeverDue(ILogger logger, string function);

    [LoggerMessage(22, LogLevel.Warning, "The state of the timer of function {Function} cannot be kept: {Reason}")]
    private static partial void LogNoState(ILogger logger, string function, string reason);
}
