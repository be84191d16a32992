using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Keys;

namespace QuotaFunctions.Core.Usage;

/// <summary>Adds up what a query asks for.</summary>
/// <param name="query">The query.</param>
/// <param name="keys">The keys that it asks for, as far as the index knows them.</param>
/// <param name="now">The moment at which the keys' quotas are shown.</param>
internal sealed class UsageTotals(UsageQuery query, IReadOnlyDictionary<string, IndexedKey> keys, DateTimeOffset now)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string? Group, DateTimeOffset? From), UsageCounts> _counts = [];
    private readonly Dictionary<(string? Group, DateTimeOffset? From), UnitCosts> _costs = [];
    private readonly Dictionary<(string? Group, DateTimeOffset? From), long> _refused = [];
    private readonly Dictionary<string, KeyStanding> _standings = [];
    private long _refusedToNoGroup;

    /// <summary>Adds what was counted of a key.</summary>
    /// <param name="keyId">The key.</param>
    /// <param name="unit">What it counts in.</param>
    /// <param name="at">When; null where usage is not split.</param>
    /// <param name="sum">What was counted.</param>
    public void Add(string keyId, QuotaUnit unit, DateTimeOffset? at, UsageSum sum)
    {
        var key = keys.GetValueOrDefault(keyId);
        if (query.Tenant is null || key is not null)
        {
            var group = query.GroupBy == UsageGroup.Tenant ? key?.Tenant : keyId;
            AddTo(group, at, sum);
            AddCosts(group, unit, at, sum);
        }
    }

    /// <summary>Adds what was counted over all keys on a day.</summary>
    /// <param name="at">When; null where usage is not split.</param>
    /// <param name="day">The day.</param>
    public void AddOfAll(DateTimeOffset? at, FleetDay day)
    {
        AddTo(group: null, at, day.Sum);
        foreach (var (unit, sum) in day.CostsByUnit())
        {
            AddCosts(group: null, unit, at, sum);
        }
    }

    /// <summary>Adds requests that were refused to a key, or to all keys that are not counted apart.</summary>
    /// <param name="keyId">The key, or <see cref="UsageSum.Other"/>.</param>
    /// <param name="at">When; null where usage is not split.</param>
    /// <param name="count">How many.</param>
    public void AddRefused(string keyId, DateTimeOffset? at, long count)
    {
        var key = keys.GetValueOrDefault(keyId);
        if (query.Tenant is not null && key is null)
        {
            return;
        }

        if (keyId == UsageSum.Other || !query.TellsRefusedByGroup)
        {
            _refusedToNoGroup += count;
            return;
        }

        var group = (query.GroupBy == UsageGroup.Tenant ? key?.Tenant : keyId, at is { } moment ? UsageSpan.BeginningOf(moment, query) : null);
        _refused[group] = _refused.GetValueOrDefault(group) + count;
        _counts.TryAdd(group, new UsageCounts());
    }

    /// <summary>Notes how a key stands.</summary>
    public void Note(string keyId, KeyStanding standing)
    {
        lock (_lock)
        {
            _standings[keyId] = standing;
        }
    }

    /// <summary>The answer.</summary>
    public UsageReport ToReport()
    {
        if (query is { GroupBy: UsageGroup.Key, Granularity: UsageGranularity.None })
        {
            // Those that were not used are told, too.
            foreach (var key in keys.Values.Where(key => key.Status != KeyStatus.Revoked))
            {
                _counts.TryAdd((key.Id, null), new UsageCounts());
            }
        }

        var (total, costs) = (new UsageCounts(), new UnitCosts());
        foreach (var counts in _counts.Values)
        {
            total.Add(counts);
        }

        foreach (var some in _costs.Values)
        {
            costs.Add(some);
        }

        var items = _counts.OrderBy(item => item.Key.Group, StringComparer.Ordinal).ThenBy(item => item.Key.From)
            .Select(item => ToItem(item.Key.Group, item.Key.From, item.Value) with
            {
                Costs = _costs.GetValueOrDefault(item.Key) ?? new UnitCosts(),
                Refused = query.TellsRefusedByGroup ? _refused.GetValueOrDefault(item.Key) : null,
            });
        return new UsageReport([.. items], total, query.TellsRefused ? _refused.Values.Sum() + _refusedToNoGroup : null) { Costs = costs };
    }

    private void AddTo(string? group, DateTimeOffset? at, UsageSum sum)
    {
        var from = at is { } moment ? UsageSpan.BeginningOf(moment, query) : null;
        lock (_lock)
        {
            foreach (var cell in sum.Cells.Where(IsWanted))
            {
                GetOrAdd(_counts, (GroupOf(cell, group), from)).Add(cell.Counts);
            }
        }
    }

    private void AddCosts(string? group, QuotaUnit unit, DateTimeOffset? at, UsageSum sum)
    {
        var from = at is { } moment ? UsageSpan.BeginningOf(moment, query) : null;
        lock (_lock)
        {
            foreach (var cell in sum.Cells.Where(IsWanted))
            {
                GetOrAdd(_costs, (GroupOf(cell, group), from)).Add(unit, cell.Counts.Units);
            }
        }
    }

    private string? GroupOf(UsageCell cell, string? group) =>
        query.GroupBy switch { UsageGroup.Provider => cell.Provider, UsageGroup.Model => cell.Model, _ => group };

    private static T GetOrAdd<T>(Dictionary<(string? Group, DateTimeOffset? From), T> sums, (string? Group, DateTimeOffset? From) key)
        where T : new() => sums.TryGetValue(key, out var sum) ? sum : sums[key] = new T();

    private bool IsWanted(UsageCell cell) =>
        (query.Provider is null || cell.Provider == query.Provider) && (query.Model is null || cell.Model == query.Model);

    private UsageItem ToItem(string? group, DateTimeOffset? from, UsageCounts counts)
    {
        if (query.GroupBy != UsageGroup.Key || group is null)
        {
            return new UsageItem(group, from, counts);
        }

        var key = keys.GetValueOrDefault(group);
        return new UsageItem(group, from, counts, key?.Name, key?.Tenant, KeyStanding.Of(key, _standings.GetValueOrDefault(group), now));
    }
}
