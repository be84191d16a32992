namespace QuotaFunctions.Benchmarks.Overspend;

/// <summary>What hands out one quota: several processes that take <c>POST /quota/consume</c>, and the storage behind them.</summary>
internal interface ISubject : IAsyncDisposable
{
    /// <summary>Starts a process on a port, and returns when it serves. Disposing it kills it (SIGKILL).</summary>
    Task<IAsyncDisposable> StartProcessAsync(int port, CancellationToken cancellationToken);

    /// <summary>Sets the quota up, and returns the secret that requests carry.</summary>
    /// <param name="quota">How many requests may be granted.</param>
    /// <param name="process">A process that serves.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<string> CreateKeyAsync(long quota, Uri process, CancellationToken cancellationToken);

    /// <summary>Does to the storage what happens to it together with each kill.</summary>
    Task BreakStorageAsync();

    /// <summary>What the books say when all is over.</summary>
    Task<Books> ReadBooksAsync(Uri process, CancellationToken cancellationToken);
}

/// <summary>The books of a subject.</summary>
/// <param name="Used">How much of the quota is taken.</param>
/// <param name="Charges">The requests that were charged, each as often as it was; null where that was not read.</param>
internal sealed record Books(long Used, IReadOnlyList<string>? Charges);
