using Azure;
using Azure.Core;
using Azure.Data.Tables;

namespace QuotaFunctions.Tests.Charging.Simulation;

/// <summary>What is done to a request on its way to the storage and back.</summary>
internal enum Mishap
{
    None,

    /// <summary>The storage never sees it.</summary>
    LostBefore,

    /// <summary>It is carried out, and its answer is lost.</summary>
    LostAfter,

    /// <summary>Its sender hears of a time-out, and it is carried out later.</summary>
    Late,

    /// <summary>It is carried out, and then once more: its sender hears what came of the first time.</summary>
    Twice,

    /// <summary>The same, but its sender hears what came of the second time: the client repeated what it took for lost.</summary>
    Echo,
}

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

/// <summary>The part of OData's filters that the product uses.</summary>
internal sealed class TableFilter
{
    private static readonly Dictionary<string, TableFilter> Parsed = [];

    private readonly Func<SimulatedTables.Row, bool> _holds;
    private readonly string _text;
    private int _at;

    private TableFilter(string text)
    {
        _text = text;
        _holds = text.Length == 0 ? static _ => true : Or();
        if (_at != text.Length)
        {
            throw new FormatException($"'{text}' is not understood from {_at} on.");
        }
    }

    /// <summary>The only partition that it can hold in, where the whole of it says so.</summary>
    public string? Partition { get; private set; }

    public static TableFilter Parse(string? filter)
    {
        lock (Parsed)
        {
            if (!Parsed.TryGetValue(filter ?? "", out var parsed))
            {
                if (Parsed.Count > 10_000)
                {
                    Parsed.Clear();
                }

                parsed = new TableFilter(filter ?? "");
                Parsed.Add(filter ?? "", parsed);
            }

            return parsed;
        }
    }

    public bool Holds(SimulatedTables.Row row) => _holds(row);

    private Func<SimulatedTables.Row, bool> Or()
    {
        var left = And();
        while (Take(" or "))
        {
            Partition = null;
            var (first, second) = (left, And());
            Partition = null;
            left = row => first(row) || second(row);
        }

        return left;
    }

    private Func<SimulatedTables.Row, bool> And()
    {
        var left = Term();
        while (Take(" and "))
        {
            var (first, second) = (left, Term());
            left = row => first(row) && second(row);
        }

        return left;
    }

    private Func<SimulatedTables.Row, bool> Term()
    {
        if (Take("("))
        {
            var inner = Or();
            return Take(")") ? inner : throw new FormatException(_text);
        }

        var name = Until(' ');
        var comparison = Until(' ');
        if (Take("datetime"))
        {
            var time = DateTimeOffset.Parse(Quoted(), System.Globalization.CultureInfo.InvariantCulture);
            return row => Compare(comparison, row.Timestamp.CompareTo(time));
        }

        var value = Quoted();
        if (name == "PartitionKey" && comparison == "eq")
        {
            Partition = value;
        }

        return name switch
        {
            "PartitionKey" => row => Compare(comparison, string.CompareOrdinal(row.PartitionKey, value)),
            "RowKey" => row => Compare(comparison, string.CompareOrdinal(row.RowKey, value)),
            _ => throw new FormatException($"{name} is not expected in a filter."),
        };
    }

    private static bool Compare(string comparison, int result) => comparison switch
    {
        "eq" => result == 0,
        "ge" => result >= 0,
        "gt" => result > 0,
        "le" => result <= 0,
        "lt" => result < 0,
        _ => throw new FormatException($"{comparison} is no comparison."),
    };

    private bool Take(string text)
    {
        if (string.CompareOrdinal(_text, _at, text, 0, text.Length) != 0)
        {
            return false;
        }

        _at += text.Length;
        return true;
    }

    private string Until(char end)
    {
        var start = _at;
        _at = _text.IndexOf(end, start) + 1;
        return _text[start..(_at - 1)];
    }

    private string Quoted()
    {
        if (!Take("'"))
        {
            throw new FormatException(_text);
        }

        return Until('\'');
    }
}

/// <summary>One instance's way to the storage: it takes time, and mishaps happen on it.</summary>
internal sealed class Network(SimulatedTables tables)
{
    /// <summary>True once the instance was killed: it hears nothing any more, and what it had sent goes on.</summary>
    public bool IsDead { get; set; }

    /// <summary>The longest way to the storage, and back, in milliseconds.</summary>
    public int Distance { get; set; } = 5;

    /// <summary>Makes a request.</summary>
    /// <param name="isWrite">Whether it changes anything.</param>
    /// <param name="partition">The only partition that it concerns, or null.</param>
    /// <param name="carryOut">What the storage does.</param>
    public async Task<T> CallAsync<T>(bool isWrite, string? partition, Func<T> carryOut)
    {
        await PauseAsync(Distance);
        if (partition is not null && tables.Throttled.Contains(partition))
        {
            tables.Requests++;
            throw new RequestFailedException(503, "Too much for this partition.", "ServerBusy", null);
        }

        var mishap = tables.NextMishap(isWrite);
        switch (mishap)
        {
            case Mishap.LostBefore:
                await PauseAsync(tables.World.Random.Next(2) == 0 ? 5 : 3000);
                throw Failure();
            case Mishap.LostAfter:
                Try(carryOut);
                await PauseAsync(tables.World.Random.Next(2) == 0 ? 5 : 3000);
                throw Failure();
            case Mishap.Late:
                _ = LaterAsync(carryOut);
                await PauseAsync(100);
                throw Failure();
            case Mishap.Echo:
                Try(carryOut);
                await PauseAsync(100);
                break;
        }

        try
        {
            var result = carryOut();
            return tables.IsDown ? throw Failure() : result;
        }
        finally
        {
            if (mishap == Mishap.Twice)
            {
                _ = LaterAsync(carryOut);
            }

            await PauseAsync(Distance);
        }
    }

    private async Task PauseAsync(int mostMs)
    {
        await tables.World.DelayAsync(TimeSpan.FromTicks(tables.World.Random.NextInt64(mostMs * TimeSpan.TicksPerMillisecond)));
        if (IsDead)
        {
            await new TaskCompletionSource().Task;
        }
    }

    private async Task LaterAsync<T>(Func<T> carryOut)
    {
        await tables.World.DelayAsync(TimeSpan.FromMilliseconds(tables.World.Random.Next(1, 8000)));
        Try(carryOut);
    }

    private static void Try<T>(Func<T> carryOut)
    {
        try
        {
            carryOut();
        }
        catch (RequestFailedException)
        {
            // Nobody hears of it.
        }
    }

    private Exception Failure() => tables.World.Random.Next(4) switch
    {
        0 => new RequestFailedException(503, "Injected.", "ServerBusy", null),
        1 => new RequestFailedException(500, "Injected.", "InternalError", null),
        2 => new TaskCanceledException("A time-out."),
        _ => new RequestFailedException(0, "A broken connection."),
    };
}

/// <summary>The storage client that an instance is given.</summary>
internal sealed class SimulatedTableService(SimulatedTables tables, Network network) : TableServiceClient
{
    public override TableClient GetTableClient(string tableName) => new SimulatedTable(tables, network, tableName);
}

internal sealed class SimulatedTable(SimulatedTables tables, Network network, string table) : TableClient
{
    public override Task<Response> AddEntityAsync<T>(T entity, CancellationToken cancellationToken = default) =>
        WriteAsync(TableTransactionActionType.Add, entity, default);

    public override Task<Response> UpsertEntityAsync<T>(
        T entity, TableUpdateMode mode = TableUpdateMode.Merge, CancellationToken cancellationToken = default) =>
        WriteAsync(mode == TableUpdateMode.Merge ? TableTransactionActionType.UpsertMerge : TableTransactionActionType.UpsertReplace, entity, default);

    public override Task<Response> UpdateEntityAsync<T>(
        T entity, ETag ifMatch, TableUpdateMode mode = TableUpdateMode.Merge, CancellationToken cancellationToken = default) =>
        WriteAsync(mode == TableUpdateMode.Merge ? TableTransactionActionType.UpdateMerge : TableTransactionActionType.UpdateReplace, entity, ifMatch);

    public override async Task<Response> DeleteEntityAsync(
        string partitionKey, string rowKey, ETag ifMatch = default, CancellationToken cancellationToken = default)
    {
        try
        {
            return await WriteAsync(TableTransactionActionType.Delete, new TableEntity(partitionKey, rowKey), ifMatch);
        }
        catch (RequestFailedException gone) when (gone.Status == 404)
        {
            return new Answer(404, default, default);
        }
    }

    public override Task<NullableResponse<T>> GetEntityIfExistsAsync<T>(
        string partitionKey, string rowKey, IEnumerable<string>? select = null, CancellationToken cancellationToken = default) =>
        network.CallAsync<NullableResponse<T>>(isWrite: false, partitionKey, () => tables.Find(table, partitionKey, rowKey) is T found
            ? Response.FromValue(found, new Answer(200, found.ETag, tables.World.ServiceTime))
            : new Nothing<T>(tables.World.ServiceTime));

    public override AsyncPageable<T> QueryAsync<T>(
        string? filter = null, int? maxPerPage = null, IEnumerable<string>? select = null, CancellationToken cancellationToken = default) =>
        new Rows<T>(tables, (after, most) => network.CallAsync(
            isWrite: false, TableFilter.Parse(filter).Partition, () => tables.Query(table, filter, after, most).Cast<T>().ToList()));

    public override Task<Response<IReadOnlyList<Response>>> SubmitTransactionAsync(
        IEnumerable<TableTransactionAction> transactionActions, CancellationToken cancellationToken = default)
    {
        var actions = transactionActions.Select(action => new TableTransactionAction(action.ActionType, Copy(action.Entity), action.ETag)).ToList();
        return network.CallAsync(isWrite: true, actions.Count > 0 ? actions[0].Entity.PartitionKey : null, () => Response.FromValue<IReadOnlyList<Response>>(
            [.. tables.Apply(table, actions).Select(version => new Answer(204, version, tables.World.ServiceTime))],
            new Answer(202, default, tables.World.ServiceTime)));
    }

    private static TableEntity Copy(ITableEntity entity) => new((TableEntity)entity);

    private Task<Response> WriteAsync(TableTransactionActionType type, ITableEntity entity, ETag version)
    {
        var action = new TableTransactionAction(type, Copy(entity), version);
        return network.CallAsync<Response>(isWrite: true, entity.PartitionKey, () => new Answer(204, tables.Apply(table, [action])[0], tables.World.ServiceTime));
    }

    /// <summary>The service's pages: as long as it likes, also empty ones that say that there is more.</summary>
    private sealed class Rows<T>(SimulatedTables tables, Func<(string Partition, string Row)?, int, Task<List<T>>> read) : AsyncPageable<T>
        where T : class, ITableEntity
    {
        private const int FullPage = 1000;

        public override async IAsyncEnumerable<Page<T>> AsPages(string? continuationToken = null, int? pageSizeHint = null)
        {
            (string Partition, string Row)? after = continuationToken?.Split('\n') is [var partition, var row] ? (partition, row) : null;
            while (true)
            {
                var most = !tables.HasShortPages ? FullPage : tables.World.Random.Next(4) switch { 0 => 0, 1 => tables.World.Random.Next(1, 5), _ => FullPage };
                var rows = await read(after, Math.Min(most, pageSizeHint ?? FullPage));
                after = rows.Count > 0 ? (rows[^1].PartitionKey, rows[^1].RowKey) : after;
                var isLast = most == FullPage && rows.Count < Math.Min(most, pageSizeHint ?? FullPage);
                yield return Page<T>.FromValues(rows, isLast ? null : $"{after?.Partition}\n{after?.Row}", new Answer(200, default, tables.World.ServiceTime));
                if (isLast)
                {
                    break;
                }
            }
        }

        public override async IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            await foreach (var page in AsPages())
            {
                foreach (var row in page.Values)
                {
                    yield return row;
                }
            }
        }
    }

    private sealed class Nothing<T>(DateTimeOffset date) : NullableResponse<T>
    {
        public override bool HasValue => false;

        public override T Value => throw new InvalidOperationException();

        public override Response GetRawResponse() => new Answer(404, default, date);
    }

    private sealed class Answer(int status, ETag version, DateTimeOffset date) : Response
    {
        public override int Status => status;

        public override string ReasonPhrase => "";

        public override Stream? ContentStream { get; set; }

        public override string ClientRequestId { get; set; } = "";

        public override void Dispose()
        {
        }

        protected override bool ContainsHeader(string name) => TryGetHeader(name, out _);

        protected override IEnumerable<HttpHeader> EnumerateHeaders() => [];

        protected override bool TryGetHeader(string name, out string value)
        {
            value = name.Equals("ETag", StringComparison.OrdinalIgnoreCase) ? version.ToString()
                : name.Equals("Date", StringComparison.OrdinalIgnoreCase) ? SimulatedTables.Truncate(date).ToString("R", System.Globalization.CultureInfo.InvariantCulture)
                : "";
            return value.Length > 0;
        }

        protected override bool TryGetHeaderValues(string name, out IEnumerable<string> values)
        {
            var found = TryGetHeader(name, out var value);
            values = [value];
            return found;
        }
    }
}
