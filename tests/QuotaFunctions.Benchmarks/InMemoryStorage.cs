using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Azure;
using Azure.Core;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;

namespace QuotaFunctions.Benchmarks;

/// <summary>Storage that keeps nothing but the rows that are read again, and so allocates next to nothing: what is measured is all else.</summary>
internal sealed class InMemoryTables : TableServiceClient
{
    private readonly ConcurrentDictionary<string, InMemoryTable> _tables = new();

    public override TableClient GetTableClient(string tableName) => _tables.GetOrAdd(tableName, static _ => new InMemoryTable());
}

/// <inheritdoc cref="InMemoryTables"/>
internal sealed class InMemoryTable : TableClient
{
    private readonly ConcurrentDictionary<(string, string), ITableEntity> _rows = new();
    private readonly Response[] _answers = [new StoredAnswer(), new StoredAnswer()];

    public override Task<Response<TableItem>> CreateIfNotExistsAsync(CancellationToken cancellationToken = default) =>
        Task.FromResult(Response.FromValue<TableItem>(null!, _answers[0]));

    public override Task<Response> AddEntityAsync<T>(T entity, CancellationToken cancellationToken = default)
    {
        _rows[(entity.PartitionKey, entity.RowKey)] = entity;
        return Task.FromResult(_answers[0]);
    }

    public override Task<Response> UpsertEntityAsync<T>(T entity, TableUpdateMode mode = TableUpdateMode.Merge, CancellationToken cancellationToken = default) =>
        AddEntityAsync(entity, cancellationToken);

    public override Task<NullableResponse<T>> GetEntityIfExistsAsync<T>(
        string partitionKey, string rowKey, IEnumerable<string>? select = null, CancellationToken cancellationToken = default) =>
        Task.FromResult<NullableResponse<T>>(_rows.TryGetValue((partitionKey, rowKey), out var row)
            ? Response.FromValue((T)row, _answers[0])
            : new Nothing<T>(_answers[0]));

    public override AsyncPageable<T> QueryAsync<T>(
        string? filter = null, int? maxPerPage = null, IEnumerable<string>? select = null, CancellationToken cancellationToken = default) =>
        AsyncPageable<T>.FromPages([]);

    public override async Task<Response<IReadOnlyList<Response>>> SubmitTransactionAsync(
        IEnumerable<TableTransactionAction> transactionActions, CancellationToken cancellationToken = default)
    {
        // Not at once, so that a writer gathers as it does while storage works.
        await Task.Yield();
        return Response.FromValue<IReadOnlyList<Response>>(_answers, _answers[0]);
    }

    private sealed class Nothing<T>(Response answer) : NullableResponse<T>
    {
        public override bool HasValue => false;

        public override T Value => throw new InvalidOperationException("There is no such row.");

        public override Response GetRawResponse() => answer;
    }
}

/// <summary>A queue that takes everything and keeps nothing.</summary>
internal sealed class InMemoryQueues : QueueServiceClient
{
    private readonly InMemoryQueue _queue = new();

    public override QueueClient GetQueueClient(string queueName) => _queue;
}

/// <inheritdoc cref="InMemoryQueues"/>
internal sealed class InMemoryQueue : QueueClient
{
    private readonly StoredAnswer _answer = new();

    public override Task<Response> CreateIfNotExistsAsync(IDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default) =>
        Task.FromResult<Response>(_answer);

    public override Task<Response<SendReceipt>> SendMessageAsync(
        BinaryData message, TimeSpan? visibilityTimeout = null, TimeSpan? timeToLive = null, CancellationToken cancellationToken = default) =>
        Task.FromResult(Response.FromValue<SendReceipt>(null!, _answer));
}

/// <summary>An answer of storage that has an ETag and nothing else.</summary>
internal sealed class StoredAnswer : Response
{
    private const string ETag = "\"1\"";

    public override int Status => 204;

    public override string ReasonPhrase => "";

    public override Stream? ContentStream { get; set; }

    public override string ClientRequestId { get; set; } = "";

    public override void Dispose()
    {
    }

    protected override bool ContainsHeader(string name) => TryGetHeader(name, out _);

    protected override IEnumerable<HttpHeader> EnumerateHeaders() => [new HttpHeader("ETag", ETag)];

    protected override bool TryGetHeader(string name, [NotNullWhen(true)] out string? value)
    {
        value = name.Equals("ETag", StringComparison.OrdinalIgnoreCase) ? ETag : null;
        return value is not null;
    }

    protected override bool TryGetHeaderValues(string name, [NotNullWhen(true)] out IEnumerable<string>? values)
    {
        values = TryGetHeader(name, out var value) ? [value] : null;
        return values is not null;
    }
}
