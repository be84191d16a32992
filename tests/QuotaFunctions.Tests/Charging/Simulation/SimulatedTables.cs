using Azure;
using Azure.Data.Tables;

namespace QuotaFunctions.Tests.Charging.Simulation;

/// <summary>Table Storage in memory, with the service's rules of versions and transactions, shared by all instances of a world.</summary>
internal sealed class SimulatedTables(World world)
{
    private const int MaxActions = 100;

    private readonly Dictionary<string, SortedDictionary<string, SortedDictionary<string, Row>>> _tables = [];
    private long _version;

    /// <summary>Sees each transaction as soon as it was carried out.</summary>
    public Action<string, IReadOnlyList<TableTransactionAction>>? Observer { get; set; }

    /// <summary>Which mishap befalls the next request.</summary>
    public Func<bool, Mishap> Fate { get; set; } = _ => Mishap.None;

    /// <summary>Whether the storage refuses a transaction for what it says (status 400), however often it is sent.</summary>
    public Func<IReadOnlyList<TableTransactionAction>, bool> Refuses { get; set; } = _ => false;

    /// <summary>Whether a page may hold less than the service's 1,000 rows though there are more, or none at all.</summary>
    public bool HasShortPages { get; set; } = true;

    /// <summary>True while nobody reaches the storage at all.</summary>
    public bool IsDown { get; set; }

    /// <summary>Partitions for which the storage has too much to do: it answers 503 at once, whoever asks.</summary>
    public HashSet<string> Throttled { get; } = [];

    /// <summary>Requests so far.</summary>
    public long Requests { get; set; }

    /// <summary>When a request last met a mishap.</summary>
    public DateTimeOffset LastMishapAt { get; private set; } = DateTimeOffset.MinValue;

    /// <summary>What befalls a request that is made now.</summary>
    public Mishap NextMishap(bool isWrite)
    {
        Requests++;
        var mishap = IsDown ? Mishap.LostBefore : Fate(isWrite);
        if (mishap != Mishap.None)
        {
            LastMishapAt = world.ServiceTime;
        }

        return mishap;
    }

    public World World => world;

    public static DateTimeOffset Truncate(DateTimeOffset time) => new(time.Ticks - (time.Ticks % TimeSpan.TicksPerSecond), TimeSpan.Zero);

    public TableEntity? Find(string table, string partition, string row) =>
        PartitionOf(table, partition).TryGetValue(row, out var found) ? found.ToEntity() : null;

    public List<TableEntity> Query(string table, string? filter) => Query(table, filter, after: null, int.MaxValue);

    /// <summary>Reads some rows in the order of their keys: like the service's pages, not all at one moment.</summary>
    /// <param name="table">The table.</param>
    /// <param name="filter">The filter, or null.</param>
    /// <param name="after">The row to go on behind, or null.</param>
    /// <param name="most">How many at the most.</param>
    public List<TableEntity> Query(string table, string? filter, (string Partition, string Row)? after, int most)
    {
        var condition = TableFilter.Parse(filter);
        var result = new List<TableEntity>();
        IEnumerable<SortedDictionary<string, Row>> partitions = condition.Partition is { } only ? [PartitionOf(table, only)] : TableOf(table).Values;
        foreach (var row in partitions.SelectMany(partition => partition.Values))
        {
            if (result.Count == most)
            {
                break;
            }

            if ((after is null || IsBehind(row, after.Value)) && condition.Holds(row))
            {
                result.Add(row.ToEntity());
            }
        }

        return result;
    }

    /// <summary>Carries out all of the actions or none.</summary>
    public List<ETag> Apply(string table, IReadOnlyList<TableTransactionAction> actions)
    {
        if (Refuses(actions))
        {
            throw new RequestFailedException(400, "It can never be taken.", "InvalidInput", null);
        }

        if (actions.Count is 0 or > MaxActions
            || actions.DistinctBy(action => action.Entity.RowKey).Count() < actions.Count
            || actions.DistinctBy(action => action.Entity.PartitionKey).Count() > 1)
        {
            throw new RequestFailedException(400, "A transaction names a row once, in one partition, and has at most 100 actions.", "InvalidInput", null);
        }

        var rows = PartitionOf(table, actions[0].Entity.PartitionKey);
        foreach (var action in actions)
        {
            Check(rows.GetValueOrDefault(action.Entity.RowKey), action);
        }

        var versions = actions.Select(action => Write(rows, action)).ToList();
        Observer?.Invoke(table, actions);
        return versions;
    }

    private static bool IsBehind(Row row, (string Partition, string Row) other)
    {
        var byPartition = string.CompareOrdinal(row.PartitionKey, other.Partition);
        return byPartition > 0 || (byPartition == 0 && string.CompareOrdinal(row.RowKey, other.Row) > 0);
    }

    private static void Check(Row? row, TableTransactionAction action)
    {
        var isConditional = action.ETag != default && action.ETag != ETag.All;
        switch (action.ActionType)
        {
            case TableTransactionActionType.Add when row is not null:
                throw new RequestFailedException(409, "It is there.", "EntityAlreadyExists", null);
            case TableTransactionActionType.UpdateMerge or TableTransactionActionType.UpdateReplace or TableTransactionActionType.Delete when row is null:
                throw new RequestFailedException(404, "It is not there.", "ResourceNotFound", null);
        }

        if (isConditional && row is not null && row.Version != action.ETag)
        {
            throw new RequestFailedException(412, "It has changed.", "UpdateConditionNotSatisfied", null);
        }

        foreach (var text in ((TableEntity)action.Entity).Where(property => property.Value is string { Length: > 32 * 1024 }))
        {
            throw new RequestFailedException(400, text.Key, "PropertyValueTooLarge", null);
        }
    }

    private ETag Write(SortedDictionary<string, Row> rows, TableTransactionAction action)
    {
        var entity = (TableEntity)action.Entity;
        if (action.ActionType == TableTransactionActionType.Delete)
        {
            rows.Remove(entity.RowKey);
            return default;
        }

        var isMerge = action.ActionType is TableTransactionActionType.UpdateMerge or TableTransactionActionType.UpsertMerge;
        var values = isMerge && rows.TryGetValue(entity.RowKey, out var before) ? new Dictionary<string, object>(before.Values) : [];
        foreach (var (name, value) in entity)
        {
            if (value is not null && name is not ("PartitionKey" or "RowKey" or "Timestamp" or "odata.etag"))
            {
                values[name] = value;
            }
        }

        var row = new Row(entity.PartitionKey, entity.RowKey, values, new ETag($"W/\"{++_version}\""), world.ServiceTime);
        rows[entity.RowKey] = row;
        return row.Version;
    }

    private SortedDictionary<string, SortedDictionary<string, Row>> TableOf(string table)
    {
        if (!_tables.TryGetValue(table, out var partitions))
        {
            _tables.Add(table, partitions = new(StringComparer.Ordinal));
        }

        return partitions;
    }

    private SortedDictionary<string, Row> PartitionOf(string table, string partition)
    {
        var partitions = TableOf(table);
        if (!partitions.TryGetValue(partition, out var rows))
        {
            partitions.Add(partition, rows = new(StringComparer.Ordinal));
        }

        return rows;
    }

    internal sealed record Row(string PartitionKey, string RowKey, Dictionary<string, object> Values, ETag Version, DateTimeOffset Timestamp)
    {
        public TableEntity ToEntity()
        {
            var entity = new TableEntity(PartitionKey, RowKey) { ETag = Version, Timestamp = Timestamp };
            foreach (var (name, value) in Values)
            {
                entity[name] = value;
            }

            return entity;
        }
    }
}
