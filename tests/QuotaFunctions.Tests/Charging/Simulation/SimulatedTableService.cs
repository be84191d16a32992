using Azure;
using Azure.Core;
using Azure.Data.Tables;

namespace QuotaFunctions.Tests.Charging.Simulation;

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
