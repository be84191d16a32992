using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Jobs;

/// <summary>
/// Runs a job over many accounts, each of them on its own: with its own deadline, some at once, and one that fails is logged and counted
/// while the rest goes on. Every job that goes over accounts goes through here.
/// </summary>
internal sealed partial class AccountJobs(TimeProvider clock, ILogger<AccountJobs> logger)
{
    /// <summary>Accounts that are worked on at once.</summary>
    public const int Degree = 8;

    /// <summary>How long a job may take for one account.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    /// <summary>Does a job for each account. Returns for how many it failed; nothing is thrown for these.</summary>
    /// <param name="job">What is done, for the log: a verb.</param>
    /// <param name="items">The accounts, with whatever the job needs of them.</param>
    /// <param name="accountOf">An item's account.</param>
    /// <param name="work">Does it for one account; its token ends at the deadline.</param>
    /// <param name="cancellationToken">Stops the whole job.</param>
    public async Task<int> ForEachAsync<T>(
        string job, IReadOnlyCollection<T> items, Func<T, string> accountOf, Func<T, CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        var failed = 0;
        await Concurrently.ForEachAsync(items, Degree, DoAsync, cancellationToken);
        if (failed > 0)
        {
            LogFailures(logger, failed, items.Count, job);
        }

        return failed;

        async Task DoAsync(T item, CancellationToken token)
        {
            using var deadline = new CancellationTokenSource(Deadline, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, token);
            try
            {
                await work(item, either.Token);
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                Interlocked.Increment(ref failed);
                LogFailed(logger, accountOf(item), job, deadline.IsCancellationRequested ? "it took too long" : StorageErrors.Kind(failure));
            }
        }
    }

    [LoggerMessage(2301, LogLevel.Error, "Account {AccountId}: could not {Job} ({Failure}).")]
    private static partial void LogFailed(ILogger logger, string accountId, string job, string failure);

    [LoggerMessage(2302, LogLevel.Error, "{Failed} of {Count} accounts failed to {Job}.")]
    private static partial void LogFailures(ILogger logger, int failed, int count, string job);
}
