namespace QuotaFunctions.Core.Usage;

/// <summary>Reads what was refused: a row for each day that is folded, and what the instances have written since.</summary>
internal sealed class RefusalReader(IRefusalStore store, TimeProvider clock)
{
    /// <summary>Adds what was refused to what a query is answered, where refusals can be told of it.</summary>
    public async Task AddAsync(UsageQuery query, UsageTotals totals, CancellationToken cancellationToken)
    {
        if (!query.TellsRefused)
        {
            return;
        }

        if (query.From is null)
        {
            foreach (var (key, count) in (await ReadSumsAsync(cancellationToken)).Keys)
            {
                AddKey(key, at: null, count);
            }

            return;
        }

        var spans = UsageSpan.DaysOf(query, clock.GetUtcNow());
        if (spans.Count == 0)
        {
            return;
        }

        // What is open comes first: a day that is folded meanwhile is there twice, and not missing
        var open = await store.ReadOpenAsync(spans.All(span => span.IsWhole), cancellationToken);
        var folded = new HashSet<int>();
        foreach (var run in RunsOf(spans))
        {
            var days = run.ToDictionary(span => span.Day);
            await foreach (var (day, counts) in store.ReadDaysAsync(run[0].Day, run[^1].Day, run[0].IsWhole, cancellationToken))
            {
                folded.Add(day);
                Add(days[day], counts);
            }
        }

        foreach (var row in open.Where(row => !folded.Contains(row.Day)))
        {
            if (spans.FirstOrDefault(span => span.Day == row.Day) is { } span)
            {
                Add(span, row.Counts);
            }
        }

        void Add(UsageSpan span, RefusedCounts counts)
        {
            foreach (var (key, slots) in counts.Keys)
            {
                foreach (var (slot, count) in slots.Where(slot => span.Slots.Contains(slot.Key)))
                {
                    AddKey(key, UsageSpan.StartOf(span.Day, slot), count);
                }
            }
        }

        void AddKey(string key, DateTimeOffset? at, long count)
        {
            if (query.KeyId is null || query.KeyId == key)
            {
                totals.AddRefused(key, at, count);
            }
        }
    }

    /// <summary>Reads the sums of all days.</summary>
    public async Task<RefusedSums> ReadSumsAsync(CancellationToken cancellationToken)
    {
        // In this order, as above
        var open = await store.ReadOpenAsync(isWhole: true, cancellationToken);
        var (sums, _) = await store.ReadSumsAsync(cancellationToken);
        return open.Where(row => row.Day > sums.Through).Aggregate(sums, (all, row) => all.Plus(sums.Through, row.Counts));
    }

    /// <summary>Days that follow each other and are read in the same way.</summary>
    private static List<List<UsageSpan>> RunsOf(IReadOnlyList<UsageSpan> spans)
    {
        var runs = new List<List<UsageSpan>>();
        foreach (var span in spans)
        {
            if (runs.Count == 0 || runs[^1][0].IsWhole != span.IsWhole)
            {
                runs.Add([]);
            }

            runs[^1].Add(span);
        }

        return runs;
    }
}
