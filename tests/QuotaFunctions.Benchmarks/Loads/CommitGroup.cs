namespace QuotaFunctions.Benchmarks.Loads;

/// <summary>Charges that come by themselves, and are committed together: all that wait, one commit after the other. Who was just answered is waited for, as in the service.</summary>
internal sealed class CommitGroup
{
    // As the service's Gathering
    private const int PatientCommits = 3;

    private readonly BareCommits _commits;
    private readonly Lock _lock = new();
    private List<TaskCompletionSource> _waiting = [];
    private TaskCompletionSource _enough = new();
    private int _wanted = 1;

    private CommitGroup(BareCommits commits) => _commits = commits;

    /// <summary>Prepares the storage, and begins to commit.</summary>
    public static async Task<CommitGroup> StartAsync(BareCommits commits)
    {
        await commits.PrepareAsync();
        var group = new CommitGroup(commits);
        _ = Task.Run(group.RunAsync);
        return group;
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
        try
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
                await WaitForAsync(charges.Count, PatientCommits * took);
            }
        }
        catch (Exception exception)
        {
            // Else all clients would wait, and nobody would know why
            Environment.FailFast("Nothing can be committed.", exception);
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

        await Task.WhenAny(enough, Task.Delay(longest, TimeProvider.System));
    }
}
