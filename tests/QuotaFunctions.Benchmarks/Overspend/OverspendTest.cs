using System.Globalization;
using QuotaFunctions.Benchmarks.Reporting;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks.Overspend;

/// <summary>
/// Clients that use up one quota, served by processes that are killed meanwhile, on a storage that drops answers: ours, and what it is
/// compared to. In the end the clients' own books are held against the subject's.
/// </summary>
internal static class OverspendTest
{
    /// <summary>The verb that makes this program run it.</summary>
    public const string Verb = "overspend";

    private const string Service = "quotafunctions";
    private const string Repeated = "idempotency";
    private const string Naive = "naive";
    private const string Redis = "redis";
    private const string RedisPower = "redis-power";
    private const int KillsPerNote = 5;
    private const long LeastCharges = 200;
    private const long MostCharges = 10_000;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    /// <summary>What can be named.</summary>
    public static IReadOnlyList<string> Subjects { get; } = [Service, Repeated, Naive, Redis, RedisPower];

    /// <summary>Runs it, or a worker of it. Returns the exit code.</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is [Worker.Verb, var kind, var port])
        {
            await Worker.RunAsync(kind, int.Parse(port, CultureInfo.InvariantCulture));
            return 0;
        }

        OverspendOptions options;
        try
        {
            options = OverspendOptions.Parse(arguments);
        }
        catch (ArgumentException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 2;
        }

        return await RunAsync(options) ? 0 : 1;
    }

    private static async Task<bool> RunAsync(OverspendOptions options)
    {
        var seed = Random.Shared.Next();
        var about = string.Create(
            CultureInfo.InvariantCulture,
            $"{options.Clients} clients, {options.Processes} processes, {Environment.ProcessorCount} cores, seed {seed}");
        Console.WriteLine($"{about}\n\n{Outcome.Header}");
        var lines = new List<string> { Outcome.Header };
        var right = true;
        foreach (var name in options.Subjects.Count > 0 ? options.Subjects : Subjects)
        {
            var line = await LineAsync(name, options, seed);
            lines.Add(line.Text);
            Console.WriteLine(line.Text);
            right &= line.IsRight;
        }

        if (options.Write)
        {
            MarkedPart.Write(Repository.PathOf("docs", "performance.md"), "overspend", $"{about}.\n\n{string.Join('\n', lines)}");
        }

        return right;
    }

    /// <summary>A line of the table, and whether nothing is wrong.</summary>
    private static async Task<(string Text, bool IsRight)> LineAsync(string name, OverspendOptions options, int seed)
    {
        // What Azurite needs for a row of a partition grows with the partition, and the naive loop makes some dozens a second.
        var fewer = Math.Clamp(options.Charges / 100, Math.Min(options.Charges, LeastCharges), MostCharges);
        using var limit = new CancellationTokenSource(options.Limit, TimeProvider.System);
        var (title, quota) = name switch
        {
            Service => ("QuotaFunctions: looked up in the log", options.Charges),
            Repeated => ("QuotaFunctions: sent again with the same Idempotency-Key", fewer),
            Naive => ("naive compare-and-swap loop: sent again", fewer),
            Redis => ("Redis, checked before and charged after, killed: sent again", options.Charges),
            _ => ("the same, its power cut: sent again", options.Charges),
        };
        var isOurs = name is Service or Repeated;
        try
        {
            await using ISubject subject = name switch
            {
                Service or Repeated => new ServiceSubject(await FaultyStorage.StartAsync(seed, limit.Token), waitForLog: !options.Quick),
                Naive => new NaiveSubject(await FaultyStorage.StartAsync(seed, limit.Token)),
                _ => await RedisSubject.StartAsync(cutPower: name == RedisPower),
            };
            var outcome = await MeasureAsync(quota, subject, repeats: name != Service, options, new Random(seed), limit.Token);
            return (outcome.ToLine(title), outcome.IsRight || !isOurs);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return ($"| {title} | not done within {options.Limit.TotalMinutes} minutes |", !isOurs);
        }
        catch (Exception exception) when (exception is InvalidOperationException or TimeoutException)
        {
            return ($"| {title} | {exception.Message} |", !isOurs);
        }
    }

    private static async Task<Outcome> MeasureAsync(
        long quota, ISubject subject, bool repeats, OverspendOptions options, Random random, CancellationToken cancellationToken)
    {
        var ports = FreePorts.Take(options.Processes);
        var addresses = ports.Select(port => new Uri($"http://127.0.0.1:{port}")).ToArray();
        var processes = new IAsyncDisposable?[options.Processes];
        try
        {
            await Task.WhenAll(Enumerable.Range(0, options.Processes).Select(StartAsync));
            var start = TimeProvider.System.GetTimestamp();
            using var crowd = new Crowd(addresses, await subject.CreateKeyAsync(quota, addresses[0], cancellationToken), repeats);
            var load = crowd.RunAsync(options.Clients, cancellationToken);
            var kills = 0;
            for (; kills < options.Kills && !load.IsCompleted; kills++)
            {
                // One in each part of the load, at any moment of it; while that process starts again, the load goes on through the next part.
                crowd.Limit = quota * (kills + 2) / options.Kills;
                var moment = (long)(quota * (kills + random.NextDouble()) / options.Kills);
                while (!load.IsCompleted && crowd.GrantedSoFar < moment)
                {
                    await Task.Delay(Pause, TimeProvider.System, cancellationToken);
                }

                var victim = random.Next(options.Processes);
                await KillAsync(victim);
                await subject.BreakStorageAsync();
                await StartAsync(victim);
                if (kills % KillsPerNote == 0)
                {
                    await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{kills + 1} of {options.Kills} kills, {crowd.GrantedSoFar:N0} granted"));
                }
            }

            crowd.Limit = long.MaxValue;
            await load;
            var elapsed = TimeProvider.System.GetElapsedTime(start);
            return Outcome.Of(kills, quota, crowd, await subject.ReadBooksAsync(addresses[0], cancellationToken), elapsed);
        }
        finally
        {
            for (var index = 0; index < processes.Length; index++)
            {
                await KillAsync(index);
            }
        }

        async Task StartAsync(int index) => processes[index] = await subject.StartProcessAsync(ports[index], cancellationToken);

        async Task KillAsync(int index)
        {
            if (processes[index] is { } process)
            {
                processes[index] = null;
                await process.DisposeAsync();
            }
        }
    }
}
