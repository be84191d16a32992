namespace QuotaFunctions.Benchmarks.Overspend;

/// <summary>A way to take from a quota that ours is compared to.</summary>
internal interface IQuota
{
    /// <summary>Sets it up.</summary>
    Task PrepareAsync(long quota);

    /// <summary>Serves a request. True where it was granted.</summary>
    Task<bool> TakeAsync(string request, CancellationToken cancellationToken);

    /// <summary>What its books say.</summary>
    Task<Books> ReadBooksAsync();
}
