using Azure;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Jobs;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Tests.Jobs;

public sealed class AccountJobsTests : ILogger<AccountJobs>
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _logged = [];
    private readonly AccountJobs _jobs;

    public AccountJobsTests() => _jobs = new AccountJobs(_time, this);

    [Fact]
    public async Task One_that_fails_is_named_and_counted_and_the_rest_is_done()
    {
        var done = new List<string>();
        var failed = await RunAsync(["a", "b", "c", "d"], (account, _) =>
        {
            if (account is "a" or "c")
            {
                throw new RequestFailedException(412, "with an address in it", "UpdateConditionNotSatisfied", null);
            }

            lock (done)
            {
                done.Add(account);
            }

            return Task.CompletedTask;
        });

        Assert.Equal(2, failed);
        Assert.Equal(["b", "d"], done.Order());
        Assert.Equal(
            ["2 of 4 accounts failed to try it.", "Account a: could not try it (status 412 UpdateConditionNotSatisfied).", "Account c: could not try it (status 412 UpdateConditionNotSatisfied)."],
            _logged.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task One_that_hangs_is_given_up_at_its_deadline_and_holds_up_nobody()
    {
        var done = 0;
        var running = RunAsync([.. Enumerable.Range(0, 50).Select(number => $"a{number}")], (account, token) =>
        {
            if (account == "a3")
            {
                return Task.Delay(Timeout.InfiniteTimeSpan, _time, token);
            }

            Interlocked.Increment(ref done);
            return Task.CompletedTask;
        });
        await Eventually.TrueAsync(() => Volatile.Read(ref done) == 49);
        Assert.False(running.IsCompleted);

        _time.Advance(AccountJobs.Deadline);

        Assert.Equal(1, await running);
        Assert.Contains("Account a3: could not try it (it took too long).", _logged);
    }

    [Fact]
    public async Task Some_are_worked_on_at_once_and_no_more()
    {
        var (now, most) = (0, 0);
        var full = new TaskCompletionSource();
        await RunAsync([.. Enumerable.Range(0, 40).Select(number => $"a{number}")], async (_, _) =>
        {
            var running = Interlocked.Increment(ref now);
            most = Math.Max(most, running);
            if (running == AccountJobs.Degree)
            {
                full.TrySetResult();
            }

            await full.Task;
            Interlocked.Decrement(ref now);
        }).WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System);

        Assert.Equal(AccountJobs.Degree, most);
    }

    [Fact]
    public async Task Who_stops_it_stops_all_of_it()
    {
        using var stop = new CancellationTokenSource();
        var running = _jobs.ForEachAsync(
            "try it", ["a", "b"], account => account, (_, token) => Task.Delay(Timeout.InfiniteTimeSpan, _time, token), stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Empty(_logged);
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        Assert.Equal(LogLevel.Error, logLevel);
        lock (_logged)
        {
            _logged.Add(formatter(state, exception));
        }
    }

    private Task<int> RunAsync(IReadOnlyCollection<string> accounts, Func<string, CancellationToken, Task> work) =>
        _jobs.ForEachAsync("try it", accounts, account => account, work, CancellationToken.None);
}
