using QuotaFunctions.Benchmarks.Loads;
using QuotaFunctions.Benchmarks.Reporting;

namespace QuotaFunctions.Benchmarks.Suites;

/// <summary>
/// Counts what a large load would ask of Table Storage, by partition and by account, without any storage: a million keys, the k-th asked for in
/// proportion to 1/k. It follows the engine's own rules; docs/scaling.md says which, and what is left out.
/// </summary>
/// <param name="rate">Requests a second.</param>
/// <param name="instances">Instances that share them.</param>
internal sealed class ScalingSimulation(int rate, int instances)
{
    /// <summary>What Azure aims at for one partition, in entities of 1 KiB a second.</summary>
    private const double PartitionTarget = 2_000;

    /// <summary>What Azure aims at for one storage account, in entities of 1 KiB a second.</summary>
    private const double AccountTarget = 20_000;

    private const int Keys = 1_000_000;
    private const int EntriesPerLogRow = 16;

    // Seconds. The first minute is not counted: marks are not renewed yet then, nor have accounts been used before.
    private const double WarmUp = 60;
    private const double Counted = 60;
    private const double RoundTrip = 0.008;
    private const double MessagePeriod = 0.5;
    private const double SweepPeriod = 30;

    private readonly Random _random = new(4711);
    private readonly Dictionary<int, SimulatedWriter> _writers = [];
    private readonly double[] _committedAt = Filled();
    private readonly int[] _committedBy = new int[Keys];
    private readonly double[] _onAccount = new double[Keys];
    private readonly double[] _onLog = new double[Keys];
    private readonly OperationCounts _counts = new(Counted);
    private long _requests;
    private long _commits;

    /// <summary>Runs it and prints tables.</summary>
    public static void Run()
    {
        foreach (var (rate, instances) in ((int, int)[])[(2_000, 4), (20_000, 40)])
        {
            new ScalingSimulation(rate, instances).Simulate();
        }
    }

    private static double[] Filled()
    {
        var values = new double[Keys];
        Array.Fill(values, double.NegativeInfinity);
        return values;
    }

    private void Simulate()
    {
        var zipf = new Zipf(Keys);
        for (long request = 0; request < rate * (WarmUp + Counted); request++)
        {
            var at = request / (double)rate;
            Charge(at, zipf.Next(_random), _random.Next(instances));
        }

        CountMessages();
        CountBackground();
        Print();
    }

    private void Charge(double at, int key, int instance)
    {
        var counts = at >= WarmUp;
        _requests += counts ? 1 : 0;
        var id = (key * instances) + instance;
        if (!_writers.TryGetValue(id, out var writer))
        {
            _writers[id] = writer = new SimulatedWriter();
            _counts.Add(counts, "keydirectory: find the key", 1, 1);
        }

        // Group commit: who comes while one is under way is in the next, with all others
        if (writer.Start > at)
        {
            writer.Entries++;
            return;
        }

        CountLog(counts, key, writer.Entries);
        writer.Start = Math.Max(at, writer.Start + RoundTrip);
        writer.Entries = 1;
        _commits += counts ? 1 : 0;
        if (writer.Start - writer.MarkedAt > 30)
        {
            writer.MarkedAt = writer.Start;
            _counts.Add(counts, "state/open: list the account", 1, 1);
        }

        if (writer.Start >= writer.LeaseUntil)
        {
            CommitOnAccount(counts, key, instance, writer);
        }
        else
        {
            CountOnAccount(counts, "accounts: commit on a lease", key, 1, 2);
        }

        Compact(counts, at, key, writer);
    }

    private void CommitOnAccount(bool counts, int key, int instance, SimulatedWriter writer)
    {
        var byAnother = _committedBy[key] != instance && _committedAt[key] > double.NegativeInfinity;
        if (writer.Start - writer.ReadAt > (writer.IsShared ? 1 : 10))
        {
            CountOnAccount(counts, "accounts: read before deciding", key, 1, 1);
            writer.IsShared |= byAnother && writer.Start - _committedAt[key] < 10;
        }
        else if (byAnother && (_committedAt[key] > writer.ReadAt || writer.Start - _committedAt[key] < RoundTrip))
        {
            // Refused, as another was faster: read and decide again
            CountOnAccount(counts, "accounts: refused commit and reading again", key, 2, 3);
            writer.IsShared = true;
            writer.Pressure++;
            writer.Start += 2 * RoundTrip;
        }

        CountOnAccount(counts, "accounts: commit on the account's row", key, 1, 2);
        if (writer.Pressure >= 2)
        {
            writer.LeaseUntil = writer.Start + 2;
            CountOnAccount(counts, "accounts: begin and end a lease", key, 1, 3);
        }

        writer.Pressure *= 0.75;
        writer.ReadAt = writer.Start;
        _committedAt[key] = writer.Start;
        _committedBy[key] = instance;
    }

    private void CountLog(bool counts, int key, int entries)
    {
        if (entries > 0 && counts)
        {
            var rows = (entries + EntriesPerLogRow - 1) / EntriesPerLogRow;
            _onLog[key] += rows;
            _counts.Add(true, "audit: rows of the log", 1, rows);
        }
    }

    // Once for each key of a message, by whichever instance takes it: so it seldom remembers the sums
    private void Compact(bool counts, double at, int key, SimulatedWriter writer)
    {
        writer.CommitsInMessage++;
        var message = (int)(at / MessagePeriod);
        if (message == writer.Message)
        {
            return;
        }

        CountOnAccount(counts, "accounts: compaction, reads", key, 2, 2);
        CountOnAccount(counts, "accounts: compaction", key, 1, 2 + writer.CommitsInMessage);
        if (at - writer.UsageMarkedAt >= 60)
        {
            writer.UsageMarkedAt = at;
            _counts.Add(counts, "state/usage: mark the day of the key", 1, 1);
        }

        writer.Message = message;
        writer.CommitsInMessage = 0;
    }

    private void CountMessages()
    {
        var messages = instances * Counted / MessagePeriod;
        _counts.Add(true, "queue: put, get, delete (no table)", 3 * messages, 0);
        _counts.Add(true, "auditindex: what was written of a second", messages, 2 * messages);
    }

    // As if one sweep every half minute kept up. It does not have to: what it does late is only seen late.
    private void CountBackground()
    {
        var open = _committedAt.Count(committed => committed > double.NegativeInfinity);
        var changed = _committedAt.Count(committed => committed > WarmUp + Counted - SweepPeriod);
        var sweeps = Counted / SweepPeriod;
        _counts.Add(true, "(sweep) accounts: look at open accounts", 3 * open * sweeps, 3 * open * sweeps);
        _counts.Add(true, "(sweep) accounts: read counts to copy", 3 * open * sweeps, 3 * open * sweeps);
        _counts.Add(true, "(sweep) usage/keys: copies", (open + changed) * sweeps, (open + changed) * sweeps);
        _counts.Add(true, "(sweep) usage/day: copies", (open + changed) * sweeps, (open + changed) * sweeps);
    }

    private void CountOnAccount(bool counts, string kind, int key, double calls, double entities)
    {
        _counts.Add(counts, kind, calls, entities);
        _onAccount[key] += counts ? entities : 0;
    }

    private void Print()
    {
        OperationCounts.Line($"{Keys:N0} keys, {_requests / Counted:N0} requests a second on {instances} instances, {_committedAt.Count(at => at > WarmUp):N0} keys used in a minute, {(double)_requests / _commits:N2} charges a commit\n");
        OperationCounts.Line($"| what | calls a second | entities a second |\n| --- | ---: | ---: |");
        _counts.Print();

        OperationCounts.Line($"\n| partition | entities a second | of its target of {PartitionTarget:N0} |\n| --- | ---: | ---: |");
        foreach (var rank in (int[])[0, 1, 9, 99, 999])
        {
            _counts.PrintShare($"the account of key {rank + 1:N0}", _onAccount[rank], PartitionTarget);
        }

        _counts.PrintShare("the log of key 1, if it were one partition", _onLog[0], PartitionTarget);
        foreach (var partition in (string[])["state/open", "state/usage", "auditindex", "(sweep) usage/keys", "(sweep) usage/day"])
        {
            _counts.PrintShare(partition, _counts.Entities(kind => kind.StartsWith(partition, StringComparison.Ordinal)), PartitionTarget);
        }

        _counts.PrintShare("keydirectory, one of 256", _counts.Entities(kind => kind.StartsWith("keydirectory", StringComparison.Ordinal)) / 256, PartitionTarget);

        static bool IsSweep(string kind) => kind.StartsWith('(');
        static bool IsLog(string kind) => kind.StartsWith("audit", StringComparison.Ordinal) || kind.StartsWith("(sweep) usage", StringComparison.Ordinal);
        OperationCounts.Line($"\n| storage accounts | entities a second on the busiest | of its target of {AccountTarget:N0} |\n| --- | ---: | ---: |");
        _counts.PrintShare("one for everything, without the sweep", _counts.Entities(kind => !IsSweep(kind)), AccountTarget);
        _counts.PrintShare("one for everything", _counts.Entities(_ => true), AccountTarget);
        _counts.PrintShare("log and copies apart: the charges", _counts.Entities(kind => !IsLog(kind)), AccountTarget);
        _counts.PrintShare("log and copies apart: the others", _counts.Entities(IsLog), AccountTarget);
        foreach (var shards in (int[])[2, 4, 8])
        {
            _counts.PrintShare($"everything by key id over {shards}", _counts.Entities(_ => true) * Busiest(shards), AccountTarget);
        }

        Console.WriteLine();
    }

    // By a hash that is as good as chance; the largest keys make the difference
    private double Busiest(int shards)
    {
        var sums = new double[shards];
        for (var key = 0; key < Keys; key++)
        {
            sums[(int)(unchecked((uint)key * 2654435761u) >> 16) % shards] += _onAccount[key] + _onLog[key];
        }

        return sums.Max() / sums.Sum();
    }
}
