using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NCrontab;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Retention;

/// <inheritdoc cref="IRetentionService"/>
/// <remarks>
/// A step does some of a stage, writes where the run stands now, on condition that nobody else has, and asks for the next step after that. A
/// process that dies in between leaves its message, which comes again and goes on from what was written last: what was deleted is not there any more.
/// Two that are at the same run do the same, and the one that comes second asks for nothing.
/// </remarks>
internal sealed partial class RetentionService(
    RetentionStages stages, RetentionRunTable runs, RetentionQueue queue, IOptions<RetentionOptions> options, ChargingMetrics charging,
    TimeProvider clock, ILogger<RetentionService> logger) : IRetentionService
{
    /// <summary>How long a step goes on, about: far below what a function may take.</summary>
    public static readonly TimeSpan StepTime = TimeSpan.FromMinutes(1);

    /// <summary>How often a step is tried that storage fails on. Then the run goes on with the next stage.</summary>
    public const int MaxAttempts = 5;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    /// <summary>After so long without a step the request for the next one is taken for lost.</summary>
    private static readonly TimeSpan StandstillAfter = TimeSpan.FromMinutes(15);

    /// <summary>So much too early a run may begin: the timer is punctual to the second at best, and would miss its hour each day.</summary>
    private static readonly TimeSpan Earliness = TimeSpan.FromMinutes(5);

    private static readonly CrontabSchedule Ticks = CrontabSchedule.Parse(IRetentionService.Schedule, new() { IncludingSeconds = true });

    /// <inheritdoc/>
    public async Task<RetentionStatus> ReadAsync(CancellationToken cancellationToken)
    {
        var (run, now) = await runs.ReadAsync(cancellationToken);
        return ToStatus(run, now);
    }

    /// <inheritdoc/>
    public async Task<RetentionStatus> StartAsync(CancellationToken cancellationToken)
    {
        var (run, now) = await runs.ReadAsync(cancellationToken);
        await StartAsync(run, now, cancellationToken);
        return await ReadAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async Task StartIfDueAsync(CancellationToken cancellationToken)
    {
        var (run, now) = await runs.ReadAsync(cancellationToken);
        if (run.IsRunning || (options.Value.IsEnabled && DueAt(run) <= now))
        {
            await StartAsync(run, now, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task StepAsync(string message, CancellationToken cancellationToken)
    {
        var asked = RetentionQueue.Read(message);
        var (run, _) = await runs.ReadAsync(cancellationToken);
        if (run.Id != asked.Run || !run.IsRunning)
        {
            return;
        }

        var budget = new StepBudget(options.Value.BatchSize, StepTime, charging, clock);
        var stage = stages.All.FirstOrDefault(stage => stage.Name == run.Stage);
        string? cursor = null;
        try
        {
            // None of this name: another version of the service began the run
            cursor = stage is null ? null : await stage.StepAsync(RetentionLimits.Of(options.Value, run.StartedAt), run.Cursor, budget, cancellationToken);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            LogFailed(logger, run.Stage!, StorageErrors.Kind(failure), asked.Attempt + 1);
            if (StorageErrors.IsTransient(failure) && asked.Attempt + 1 < MaxAttempts)
            {
                await queue.SendAsync(asked with { Attempt = asked.Attempt + 1 }, Pause, cancellationToken);
                return;
            }

            budget.CountFailure();
        }

        await GoOnAsync(run with { Deleted = run.Deleted + budget.Deleted, Failures = run.Failures + budget.Failures }, cursor, cancellationToken);
    }

    /// <summary>Notes that a step is done, and asks for the next one.</summary>
    private async Task GoOnAsync(RetentionRun run, string? cursor, CancellationToken cancellationToken)
    {
        var next = cursor is null ? stages.All.SkipWhile(stage => stage.Name != run.Stage).Skip(1).FirstOrDefault()?.Name : run.Stage;
        var after = next is null ? run.End(clock.GetUtcNow()) : run with { Stage = next, Cursor = cursor };
        if (!await runs.TryWriteAsync(after, cancellationToken))
        {
            return;
        }

        if (after.IsRunning)
        {
            await queue.SendAsync(new RetentionStep(run.Id, Attempt: 0), TimeSpan.Zero, cancellationToken);
        }
        else
        {
            LogEnded(logger, after.LastDeleted, after.LastFailures);
        }
    }

    /// <summary>Begins a run, or has one that stands still go on.</summary>
    private async Task StartAsync(RetentionRun run, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (run.IsRunning && now - run.WrittenAt < StandstillAfter)
        {
            return;
        }

        // Where a standing run is written anew, another call does not ask for its step again. Where the process dies before it has asked, a later one does.
        var begun = run.IsRunning ? run : run.Next(now, stages.All[0].Name);
        if (await runs.TryWriteAsync(begun, cancellationToken))
        {
            await queue.SendAsync(new RetentionStep(begun.Id, Attempt: 0), TimeSpan.Zero, cancellationToken);
        }
    }

    private DateTimeOffset DueAt(RetentionRun run) =>
        run == RetentionRun.None ? DateTimeOffset.MinValue : run.StartedAt.AddHours(options.Value.IntervalHours) - Earliness;

    private RetentionStatus ToStatus(RetentionRun run, DateTimeOffset now)
    {
        var (set, due) = (options.Value, DueAt(run));
        DateTimeOffset? next = set.IsEnabled ? NextTick(due > now ? due : now) : null;
        return new RetentionStatus(
            set.IsEnabled, set.LogDays, set.IntervalHours, set.BatchSize, run.IsRunning, run.LastEndedAt, run.LastDeleted, run.LastFailures, run.TotalDeleted, next);
    }

    /// <summary>When the timer asks next, at a moment or after it.</summary>
    private static DateTimeOffset NextTick(DateTimeOffset moment) => new(Ticks.GetNextOccurrence(moment.UtcDateTime.AddTicks(-1)), TimeSpan.Zero);

    [LoggerMessage(3204, LogLevel.Error, "The stage {Stage} of retention failed ({Failure}, attempt {Attempt}).")]
    private static partial void LogFailed(ILogger logger, string stage, string failure, int attempt);

    [LoggerMessage(3205, LogLevel.Information, "Retention deleted {Deleted} rows; {Failures} things failed and are left for the next run.")]
    private static partial void LogEnded(ILogger logger, long deleted, int failures);
}
