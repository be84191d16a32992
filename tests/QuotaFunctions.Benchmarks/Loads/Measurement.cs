namespace QuotaFunctions.Benchmarks.Loads;

/// <summary>What a load came to.</summary>
/// <param name="Succeeded">Requests that were granted, or, where that is what is measured, refused.</param>
/// <param name="Failed">All others.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="Latencies">Of those that succeeded, in microseconds.</param>
/// <param name="FirstBytes">The same to the first byte of the body.</param>
internal sealed record Measurement(int Succeeded, int Failed, TimeSpan Elapsed, int[] Latencies, int[] FirstBytes)
{
    public double PerSecond => Succeeded / Elapsed.TotalSeconds;

    /// <summary>The median, in milliseconds.</summary>
    public double P50 => Percentile(Latencies, 0.5);

    /// <summary>What 99 of 100 did not exceed, in milliseconds.</summary>
    public double P99 => Percentile(Latencies, 0.99);

    /// <summary>The median time to the first byte of the body, in milliseconds.</summary>
    public double FirstByteP50 => Percentile(FirstBytes, 0.5);

    public static Measurement Of(IEnumerable<Tally> tallies, TimeSpan elapsed, int unanswered = 0)
    {
        var all = tallies.ToList();
        var latencies = Sorted(all.SelectMany(tally => tally.Latencies));
        return new Measurement(latencies.Length, all.Sum(tally => tally.Failed) + unanswered, elapsed, latencies, Sorted(all.SelectMany(tally => tally.FirstBytes)));
    }

    private static int[] Sorted(IEnumerable<int> values)
    {
        var sorted = values.ToArray();
        Array.Sort(sorted);
        return sorted;
    }

    private static double Percentile(int[] sorted, double share) =>
        sorted.Length == 0 ? 0 : sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))] / 1000.0;
}

/// <summary>What one client counts.</summary>
internal sealed class Tally
{
    public List<int> Latencies { get; } = new(4096);

    public List<int> FirstBytes { get; } = [];

    public int Failed { get; private set; }

    public void Add(bool succeeded, TimeSpan latency, TimeSpan firstByte)
    {
        if (succeeded)
        {
            Latencies.Add((int)latency.TotalMicroseconds);
            FirstBytes.Add((int)firstByte.TotalMicroseconds);
        }
        else
        {
            AddFailure();
        }
    }

    public void AddFailure() => Failed++;
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
                    var succeeded = await ask(end.Token);
                    var latency = clock.GetElapsedTime(asked);
                    tally.Add(succeeded, latency, latency);
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
