using System.Collections.Concurrent;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Jobs;

namespace QuotaFunctions.Core.Auditing;

/// <summary>Which entries of some rows of the ledger are in the log.</summary>
internal sealed class WrittenEntries
{
    /// <summary>Commits between two that are asked for, up to which one query serves both.</summary>
    private const int MaxGap = 200;

    /// <summary>Queries at once.</summary>
    private const int Degree = 8;

    private readonly ConcurrentDictionary<(string KeyId, ChargeId Id), LoggedCharge> _written = [];

    private WrittenEntries()
    {
    }

    /// <summary>Asks the log for all entries of these rows.</summary>
    public static async Task<WrittenEntries> ReadAsync(IAuditStore log, IEnumerable<LedgerRow> rows, CancellationToken cancellationToken)
    {
        var result = new WrittenEntries();
        var asked = rows.SelectMany(row => row.Entries.Select((entry, index) => (entry.KeyId, Id: entry.SettledCharge ?? row.IdOf(index))));
        var runs = asked.GroupBy(entry => (entry.KeyId, entry.Id.Day))
            .SelectMany(day => Runs(day.Select(entry => entry.Id.Sequence)).Select(run => (day.Key.KeyId, day.Key.Day, run.First, run.Last)))
            .ToList();
        await Concurrently.ForEachAsync(
            runs,
            Degree,
            async (run, token) =>
            {
                foreach (var (id, logged) in await log.ReadWrittenAsync(run.KeyId, run.Day, run.First, run.Last, token))
                {
                    result._written[(run.KeyId, id)] = logged;
                }
            },
            cancellationToken);
        return result;
    }

    /// <summary>True where there is any word on a charge.</summary>
    public bool HasAny(string keyId, ChargeId id) => _written.ContainsKey((keyId, id));

    /// <summary>True where an entry is accounted for: a correction and a hold only by the last word.</summary>
    public bool Has(LedgerRow row, int index)
    {
        var entry = row.Entries[index];
        return Find(row, index) is { } logged && (logged.IsFinal || (entry.SettledCharge is null && entry.HoldUntil == 0));
    }

    /// <summary>What the log says of the charge that an entry makes or corrects; null where that is nothing.</summary>
    public LoggedCharge? Find(LedgerRow row, int index)
    {
        var entry = row.Entries[index];
        return _written.GetValueOrDefault((entry.KeyId, entry.SettledCharge ?? row.IdOf(index)));
    }

    /// <summary>Splits numbers where they are far apart, as those of different leases are: what lies between is not asked for.</summary>
    private static List<(long First, long Last)> Runs(IEnumerable<long> sequences)
    {
        var runs = new List<(long First, long Last)>();
        foreach (var sequence in sequences.Distinct().Order())
        {
            if (runs.Count > 0 && sequence - runs[^1].Last <= MaxGap)
            {
                runs[^1] = (runs[^1].First, sequence);
            }
            else
            {
                runs.Add((sequence, sequence));
            }
        }

        return runs;
    }
}
