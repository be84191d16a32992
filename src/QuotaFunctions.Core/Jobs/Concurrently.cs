using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace QuotaFunctions.Core.Jobs;

/// <summary>Does many things at once, but no more than so many.</summary>
internal static class Concurrently
{
    /// <summary>Does something for each item. One that fails does not stop the others; what failed is thrown when all of them are done.</summary>
    /// <param name="items">The items.</param>
    /// <param name="degree">How many at once, 1 or more.</param>
    /// <param name="work">What is done.</param>
    /// <param name="cancellationToken">Stops it: no more items are begun.</param>
    public static async Task ForEachAsync<T>(
        IEnumerable<T> items, int degree, Func<T, CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        var failures = new ConcurrentQueue<Exception>();

        // On the caller's scheduler: a simulation brings one, to decide what comes next.
        var options = new ParallelOptions { MaxDegreeOfParallelism = degree, TaskScheduler = TaskScheduler.Current, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(items, options, async (item, token) =>
        {
            try
            {
                await work(item, token);
            }
            catch (Exception failure) when (!token.IsCancellationRequested)
            {
                failures.Enqueue(failure);
            }
        });
        if (failures.Count == 1)
        {
            ExceptionDispatchInfo.Throw(failures.First());
        }
        else if (!failures.IsEmpty)
        {
            throw new AggregateException(failures);
        }
    }
}
