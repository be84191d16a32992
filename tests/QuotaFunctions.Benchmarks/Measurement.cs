namespace QuotaFunctions.Benchmarks;

/// <summary>What a load came to.</summary>
/// <param name="Succeeded">Requests that were granted, or, where that is what is measured, refused.</param>
/// <param name="Failed">All others.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="Latencies">Of those that succeeded, in microseconds.</param>
internal sealed record Measurement(int Succeeded, int Failed, TimeSpan Elapsed, int[] Latencies)
{
    public double PerSecond => Succeeded / Elapsed.TotalSeconds;

    /// <summary>The time in milliseconds that a share of the requests did not exceed.</summary>
    public double Percentile(double share) =>
        Latencies.Length == 0 ? 0 : Latencies[Math.Min(Latencies.Length - 1, (int)(share * Latencies.Length))] / 1000.0;

    public static Measurement Of(IEnumerable<Tally> tallies, TimeSpan elapsed)
    {
        var all = tallies.ToList();
        var latencies = all.SelectMany(tally => tally.Latencies).ToArray();
        Array.Sort(latencies);
        return new Measurement(latencies.Length, all.Sum(tally => tally.Failed), elapsed, latencies);
    }
}

/// <summary>What one client counts.</summary>
internal sealed class Tally
{
    public List<int> Latencies { get; } = new(4096);

    public int Failed { get; private set; }

    public void Add(bool succeeded, TimeSpan latency)
    {
        if (succeeded)
        {
            Latencies.Add((int)latency.TotalMicroseconds);
        }
        else
        {
            Failed++;
        }
    }
}

/// <summary>Clients in this process that each ask again as soon as they are answered.</summary>
internal static class Clients
{
    /// <summary>Lets them run for a while to warm up, then measures.</summary>
    /// <param name="count">How many.</param>
    /// <param name="duration">How long.</param>
    /// <param name="ask">One request; true where it came out as hoped.</param>
    public static async Task<Measurement> RunAsync(int count, TimeSpan duration, Func<CancellationToken, Task<bool>> ask)
    {
        await RunOnceAsync(count, duration / 4, ask);
        return await RunOnceAsync(count, duration, ask);
    }

    private static async Task<Measurement> RunOnceAsync(int count, TimeSpan duration, Func<CancellationToken, Task<bool>> ask)
    {
        var clock = TimeProvider.System;
        using var end = new CancellationTokenSource(duration, clock);
        var start = clock.GetTimestamp();
        var tallies = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => Task.Run(async () =>
        {
            var tally = new Tally();
            while (!end.IsCancellationRequested)
            {
                var asked = clock.GetTimestamp();
                try
                {
                    tally.Add(await ask(end.Token), clock.GetElapsedTime(asked));
                }
                catch (OperationCanceledException) when (end.IsCancellationRequested)
                {
                }
            }

            return tally;
        })));
        return Measurement.Of(tallies, clock.GetElapsedTime(start));
    }
}
