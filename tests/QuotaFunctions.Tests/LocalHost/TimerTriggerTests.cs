using System.Globalization;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using QuotaFunctions.LocalHost;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Tests.LocalHost;

public sealed class TimerTriggerTests : IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(30);
    private readonly CountingTimeProvider _clock = new(new DateTimeOffset(2026, 1, 1, 10, 0, 30, TimeSpan.Zero));
    private readonly Probe _probe = new();
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("timers-");

    public void Dispose() => _state.Delete(recursive: true);

    [Fact]
    public async Task It_runs_whenever_its_schedule_says_so()
    {
        await using var host = await StartAsync(typeof(EveryTenMinutes));
        await AdvanceAsync(TimeSpan.FromMinutes(9));
        Assert.Empty(_probe.Runs);
        await AdvanceAsync(TimeSpan.FromSeconds(31));
        await _probe.HasRunAsync(1);
        await AdvanceAsync(TimeSpan.FromMinutes(20));
        await _probe.HasRunAsync(3);

        Assert.Equal(["10:10", "10:20", "10:30"], _probe.Runs.Select(run => run.Time.ToString("HH:mm", CultureInfo.InvariantCulture)));
        Assert.All(_probe.Runs, run => Assert.False(run.Info.IsPastDue));
    }

    [Fact]
    public async Task It_is_told_when_it_ran_last_and_was_due()
    {
        await using var host = await StartAsync(typeof(EveryTenMinutes));
        await AdvanceAsync(TimeSpan.FromMinutes(20));
        await _probe.HasRunAsync(2);

        var first = _probe.Runs[0].Info.ScheduleStatus!;
        Assert.Equal(default, first.Last);
        Assert.Equal(new DateTime(2026, 1, 1, 10, 10, 0), first.Next);
        var second = _probe.Runs[1].Info.ScheduleStatus!;
        Assert.Equal(new DateTime(2026, 1, 1, 10, 10, 0), second.Last, Step);
        Assert.Equal(new DateTime(2026, 1, 1, 10, 20, 0), second.Next);
    }

    [Fact]
    public async Task RunOnStartup_runs_it_at_once_and_then_by_schedule()
    {
        await using var host = await StartAsync(typeof(AtStartup));
        await _probe.HasRunAsync(1);
        await AdvanceAsync(TimeSpan.FromMinutes(1));
        await _probe.HasRunAsync(2);
        Assert.Null(_probe.Runs[1].Info.ScheduleStatus);
    }

    [Fact]
    public async Task A_run_that_lasts_longer_than_the_interval_is_followed_by_one_run_and_never_by_two_at_once()
    {
        _probe.Gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var host = await StartAsync(typeof(EveryTenMinutes));
        await AdvanceAsync(TimeSpan.FromMinutes(10));
        await _probe.HasRunAsync(1);
        _clock.Advance(TimeSpan.FromMinutes(45));
        Assert.Single(_probe.Runs);
        _probe.Gate.SetResult();
        await _probe.HasRunAsync(2);
        await AdvanceAsync(TimeSpan.FromMinutes(4));
        Assert.Equal(2, _probe.Runs.Count);
        Assert.Equal(1, _probe.MostAtOnce);
    }

    [Fact]
    public async Task A_run_that_fails_does_not_end_the_schedule()
    {
        _probe.Failure = new InvalidOperationException("on purpose");
        await using var host = await StartAsync(typeof(EveryTenMinutes));
        await AdvanceAsync(TimeSpan.FromMinutes(10));
        await _probe.HasRunAsync(1);
        await AdvanceAsync(TimeSpan.FromMinutes(10));
        await _probe.HasRunAsync(2);
    }

    [Fact]
    public async Task What_was_missed_while_nothing_ran_runs_once_at_the_next_start()
    {
        await using (await StartAsync(typeof(EveryTenMinutes)))
        {
            await AdvanceAsync(TimeSpan.FromMinutes(10));
            await _probe.HasRunAsync(1);
        }

        _clock.Advance(TimeSpan.FromHours(3));
        await using var host = await StartAsync(typeof(EveryTenMinutes));
        await _probe.HasRunAsync(2);
        Assert.True(_probe.Runs[1].Info.IsPastDue);
        await AdvanceAsync(TimeSpan.FromMinutes(10));
        await _probe.HasRunAsync(3);
        Assert.False(_probe.Runs[2].Info.IsPastDue);
    }

    [Fact]
    public async Task A_schedule_that_has_changed_has_missed_nothing()
    {
        await using (await StartAsync(typeof(BySetting), ("WHEN", "0 0 * * * *")))
        {
            await AdvanceAsync(TimeSpan.Zero);
        }

        _clock.Advance(TimeSpan.FromHours(3));
        await using var host = await StartAsync(typeof(BySetting), ("WHEN", "0 */30 * * * *"));
        await AdvanceAsync(TimeSpan.FromMinutes(29));
        Assert.Empty(_probe.Runs);
        await AdvanceAsync(TimeSpan.FromMinutes(1));
        await _probe.HasRunAsync(1);
    }

    [Fact]
    public async Task A_clock_that_is_set_forward_is_noticed_within_a_minute()
    {
        await using var host = await StartAsync(typeof(EveryTenMinutes));
        await WaitsAsync();
        _clock.AdjustTime(new DateTimeOffset(2026, 1, 1, 11, 59, 0, TimeSpan.Zero));
        await AdvanceAsync(TimeSpan.FromMinutes(1));
        await _probe.HasRunAsync(1);
    }

    [Fact]
    public async Task A_stop_lets_a_run_finish()
    {
        _probe.Gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var host = await StartAsync(typeof(AtStartup));
        await _probe.HasRunAsync(1);
        var stop = host.StopAsync();
        Assert.False(_probe.Token.IsCancellationRequested);
        _probe.Gate.SetResult();
        await stop;
        Assert.Equal(1, _probe.Finished);
    }

    [Fact]
    public async Task A_run_that_does_not_finish_in_time_is_asked_to()
    {
        _probe.Gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var host = await StartAsync(typeof(AtStartup));
        await _probe.HasRunAsync(1);
        var stop = host.StopAsync();
        await Eventually.TrueAsync(() =>
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            return stop.IsCompleted;
        });
        await stop;
        Assert.True(_probe.Token.IsCancellationRequested);
    }

    private Task<LocalFunctionsHost> StartAsync(Type functions, params (string Name, string Value)[] settings) => TestHost.StartAsync(
        functions,
        configure: app => app.Services.AddSingleton(_probe).AddSingleton<TimeProvider>(_clock),
        settings: settings.ToDictionary(setting => setting.Name, setting => (string?)setting.Value),
        timerState: _state.FullName);

    /// <summary>Turns the clock in steps, as the listener looks at it: each step only when the listener waits again.</summary>
    private async Task AdvanceAsync(TimeSpan by)
    {
        var target = _clock.GetUtcNow() + by;
        do
        {
            await WaitsAsync();
            var left = target - _clock.GetUtcNow();
            _clock.Advance(left < Step ? left : Step);
        }
        while (_clock.GetUtcNow() < target);
    }

    private Task WaitsAsync() => Eventually.TrueAsync(() => _clock.TimerCount == 1);

    private sealed class Probe
    {
        private readonly List<(DateTimeOffset Time, TimerInfo Info)> _runs = [];
        private int _running;

        public TaskCompletionSource? Gate { get; set; }

        public Exception? Failure { get; set; }

        public CancellationToken Token { get; private set; }

        public int MostAtOnce { get; private set; }

        public int Finished { get; private set; }

        public IReadOnlyList<(DateTimeOffset Time, TimerInfo Info)> Runs
        {
            get
            {
                lock (_runs)
                {
                    return [.. _runs];
                }
            }
        }

        public Task HasRunAsync(int times) => Eventually.TrueAsync(() => Runs.Count == times, what: $"it has run {times} times");

        public async Task RunAsync(TimerInfo info, TimeProvider time, CancellationToken cancellationToken)
        {
            MostAtOnce = Math.Max(MostAtOnce, Interlocked.Increment(ref _running));
            Token = cancellationToken;
            lock (_runs)
            {
                _runs.Add((time.GetUtcNow(), info));
            }

            await (Gate?.Task.WaitAsync(cancellationToken) ?? Task.CompletedTask);
            Interlocked.Decrement(ref _running);
            Finished++;
            if (Failure is not null)
            {
                throw Failure;
            }
        }
    }

    private sealed class EveryTenMinutes(Probe probe, TimeProvider time)
    {
        [Function("EveryTenMinutes")]
        public Task RunAsync([TimerTrigger("0 */10 * * * *")] TimerInfo timer, CancellationToken cancellationToken) => probe.RunAsync(timer, time, cancellationToken);
    }

    private sealed class AtStartup(Probe probe, TimeProvider time)
    {
        [Function("AtStartup")]
        public Task RunAsync([TimerTrigger("0 * * * * *", RunOnStartup = true, UseMonitor = false)] TimerInfo timer, CancellationToken cancellationToken) =>
            probe.RunAsync(timer, time, cancellationToken);
    }

    private sealed class BySetting(Probe probe, TimeProvider time)
    {
        [Function("BySetting")]
        public Task RunAsync([TimerTrigger("%WHEN%")] TimerInfo timer, CancellationToken cancellationToken) => probe.RunAsync(timer, time, cancellationToken);
    }
}
