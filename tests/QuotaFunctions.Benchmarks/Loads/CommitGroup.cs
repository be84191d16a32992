using QuotaFunctions.Core.Charging;

namespace QuotaFunctions.Benchmarks.Loads;

/// <summary>Charges that come by themselves, and are committed together: all that wait, one commit after the other. Who was just answered is waited for, as in the service.</summary>
internal sealed class CommitGroup
{
    private readonly BareCommits _commits;
    private readonly Lock _lock = new();
    private List<TaskCompletionSource> _waiting = [];
    private TaskCompletionSource _enough = new();
    private int _wanted = 1;

    private CommitGroup(BareCommits commits)
    {
        _commits = commits;
        Completion = Task.Run(RunAsync);
    }

    /// <summary>Ends when nothing can be committed any more.</summary>
    public Task Completion { get; }

    /// <summary>Prepares the storage, and begins to commit.</summary>
    public static async Task<CommitGroup> StartAsync(BareCommits commits)
    {
        await commits.PrepareAsync();
        return new CommitGroup(commits);
    }

    /// <summary>Commits a charge.</summary>
    public Task ChargeAsync()
    {
        var charge = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _waiting.Add(charge);
            if (_waiting.Count >= _wanted)
            {
                _enough.TrySetResult();
            }
        }

        return charge.Task;
    }

    private async Task RunAsync()
    {
        while (true)
        {
            await WaitForAsync(1, Timeout.InfiniteTimeSpan);
            List<TaskCompletionSource> charges;
            lock (_lock)
            {
                (charges, _waiting) = (_waiting, []);
            }

            var sent = TimeProvider.System.GetTimestamp();
            await _commits.CommitAsync(charges.Count);
            var took = TimeProvider.System.GetElapsedTime(sent);
            charges.ForEach(charge => charge.SetResult());
            await WaitForAsync(charges.Count, Gathering.PatientCommits * took);
        }
    }

    private async Task WaitForAsync(int count, TimeSpan longest)
    {
        Task enough;
        lock (_lock)
        {
            if (_waiting.Count >= count)
            {
                return;
            }

            _wanted = count;
            _enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            enough = _enough.Task;
        }

        await enough.WaitAsync(longest, TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
