using System.Buffers;
using System.Text.Json;
using Azure.Core;
using Azure.Data.Tables.Models;

namespace Azure.Data.Tables;

/// <summary>One table.</summary>
public class TableClient
{
    private readonly TableConnection _connection;
    private readonly TransactionWriter _transactions;
    private readonly Uri _transactionAddress;

    public TableClient(string connectionString, string tableName)
        : this(connectionString, tableName, null)
    {
    }

    public TableClient(string connectionString, string tableName, TableClientOptions options = null)
        : this(TableConnection.Create(connectionString, options), tableName)
    {
    }

    public TableClient(Uri endpoint, string tableName, TableSharedKeyCredential credential)
        : this(endpoint, tableName, credential, null)
    {
    }

    public TableClient(Uri endpoint, string tableName, TableSharedKeyCredential credential, TableClientOptions options = null)
        : this(TableConnection.Create(endpoint, credential, options), tableName)
    {
    }

    public TableClient(Uri endpoint, string tableName, TokenCredential tokenCredential, TableClientOptions options = null)
        : this(TableConnection.Create(endpoint, tokenCredential, options), tableName)
    {
    }

    internal TableClient(TableConnection connection, string tableName)
    {
        ArgumentException.ThrowIfNullOrEmpty(tableName);
        _connection = connection;
        Name = tableName;
        Uri = new Uri($"{connection.Endpoint.AbsoluteUri.TrimEnd('/')}/{Uri.EscapeDataString(tableName)}");
        _transactions = new TransactionWriter(Uri);
        _transactionAddress = new Uri($"{connection.Endpoint.AbsoluteUri.TrimEnd('/')}/$batch");
    }

    /// <summary>For mocks.</summary>
    protected TableClient()
    {
    }

    public virtual string Name { get; }

    public virtual string AccountName => _connection.AccountName;

    public virtual Uri Uri { get; }

    public static string CreateQueryFilter(FormattableString filter) => FilterLiteral.Format(filter);

    /// <summary>Makes the table; where it exists the response's status is 409, and nothing is thrown.</summary>
    public virtual Task<Response<TableItem>> CreateIfNotExistsAsync(CancellationToken cancellationToken = default)
        => TableServiceClient.CreateTableAsync(_connection, Name, cancellationToken);

    /// <summary>Deletes the table; where there is none the response's status is 404, and nothing is thrown.</summary>
    public virtual Task<Response> DeleteAsync(CancellationToken cancellationToken = default)
        => TableServiceClient.DeleteTableAsync(_connection, Name, cancellationToken);

    public virtual Task<Response> AddEntityAsync<T>(T entity, CancellationToken cancellationToken = default)
        where T : ITableEntity
    {
        CheckKeys(entity);
        var message = _connection.CreateMessage(RequestMethod.Post, $"/{Name}");
        message.Request.Headers.Add("Prefer", "return-no-content");
        SetBody(message.Request, entity);
        return _connection.SendAsync(message, cancellationToken);
    }

    public virtual async Task<Response<T>> GetEntityAsync<T>(
        string partitionKey,
        string rowKey,
        IEnumerable<string> select = null,
        CancellationToken cancellationToken = default)
        where T : class, ITableEntity
    {
        var response = await GetAsync(partitionKey, rowKey, select, expectedError: 0, cancellationToken).ConfigureAwait(false);
        return Response.FromValue(ReadEntity<T>(response), response);
    }

    public virtual async Task<NullableResponse<T>> GetEntityIfExistsAsync<T>(
        string partitionKey,
        string rowKey,
        IEnumerable<string> select = null,
        CancellationToken cancellationToken = default)
        where T : class, ITableEntity
    {
        var response = await GetAsync(partitionKey, rowKey, select, expectedError: 404, cancellationToken).ConfigureAwait(false);
        return response.Status == 404 ? new NoEntity<T>(response) : Response.FromValue(ReadEntity<T>(response), response);
    }

    public virtual Task<Response> UpdateEntityAsync<T>(
        T entity,
        ETag ifMatch,
        TableUpdateMode mode = TableUpdateMode.Merge,
        CancellationToken cancellationToken = default)
        where T : ITableEntity
    {
        CheckKeys(entity);
        return ifMatch == default
            ? throw new ArgumentException("Value cannot be default.", nameof(ifMatch))
            : PutAsync(entity, mode, ifMatch, cancellationToken);
    }

    public virtual Task<Response> UpsertEntityAsync<T>(
        T entity,
        TableUpdateMode mode = TableUpdateMode.Merge,
        CancellationToken cancellationToken = default)
        where T : ITableEntity
    {
        CheckKeys(entity);
        return PutAsync(entity, mode, default, cancellationToken);
    }

    /// <summary>Deletes the entity; where there is none the response's status is 404, and nothing is thrown.</summary>
    public virtual Task<Response> DeleteEntityAsync(
        string partitionKey,
        string rowKey,
        ETag ifMatch = default,
        CancellationToken cancellationToken = default)
    {
        var message = _connection.CreateMessage(RequestMethod.Delete, EntityPath(partitionKey, rowKey));
        message.Request.Headers.Add("If-Match", (ifMatch == default ? ETag.All : ifMatch).ToString());
        return _connection.SendAsync(message, cancellationToken, expectedError: 404);
    }

    public virtual Task<Response> DeleteEntityAsync(ITableEntity entity, ETag ifMatch = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(entity);
        return DeleteEntityAsync(entity.PartitionKey, entity.RowKey, ifMatch, cancellationToken);
    }

    public virtual AsyncPageable<T> QueryAsync<T>(
        string filter = null,
        int? maxPerPage = null,
        IEnumerable<string> select = null,
        CancellationToken cancellationToken = default)
        where T : class, ITableEntity
    {
        var columns = Columns(select);
        return new Paged<T>(
            async (next, size, cancellation) =>
            {
                var message = _connection.CreateMessage(RequestMethod.Get, $"/{Name}()");
                message.Request.AppendQuery(filter, size, columns);
                AppendContinuation(message.Request, next);
                var response = await _connection.SendAsync(message, cancellation).ConfigureAwait(false);
                return Page<T>.FromValues(ReadEntities<T>(response), Continuation(response), response);
            },
            maxPerPage,
            cancellationToken);
    }

    /// <summary>All of the actions or none.</summary>
    /// <exception cref="TableTransactionFailedException">None, because the service refused one of them.</exception>
    public virtual async Task<Response<IReadOnlyList<Response>>> SubmitTransactionAsync(
        IEnumerable<TableTransactionAction> transactionActions,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(transactionActions);
        var message = _connection.CreateMessage(RequestMethod.Post, _transactionAddress);
        message.Request.Headers.Add("Content-Type", TransactionWriter.ContentType);
        message.Request.Content = RequestContent.Create(_transactions.Write(transactionActions));
        var response = await _connection.SendAsync(message, cancellationToken).ConfigureAwait(false);

        var parts = TransactionReader.Read(response.Content.ToMemory());
        var refused = parts.Find(static part => part.IsError);
        return refused is null
            ? Response.FromValue<IReadOnlyList<Response>>(parts, response)
            : throw new TableTransactionFailedException(new RequestFailedException(refused, null, TableErrorParser.Instance));
    }

    private static void CheckKeys<T>(T entity)
        where T : ITableEntity
    {
        ArgumentNullException.ThrowIfNull(entity);
        ArgumentNullException.ThrowIfNull(entity.PartitionKey);
        ArgumentNullException.ThrowIfNull(entity.RowKey);
    }

    private static string Columns(IEnumerable<string> select) => select is null ? null : string.Join(',', select);

    private static void SetBody(Request request, ITableEntity entity)
    {
        var body = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(body))
        {
            EntityJson.Write(writer, entity);
        }

        request.Headers.Add("Content-Type", "application/json");
        request.Content = RequestContent.Create(body.WrittenMemory);
    }

    private static T ReadEntity<T>(Response response)
        where T : class, ITableEntity
    {
        var reader = new Utf8JsonReader(response.Content.ToMemory().Span);
        reader.Read();
        return EntityJson.ToEntity<T>(EntityJson.Read(ref reader));
    }

    private static List<T> ReadEntities<T>(Response response)
        where T : class, ITableEntity
    {
        var entities = new List<T>();
        var reader = new Utf8JsonReader(response.Content.ToMemory().Span);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isValue = reader.ValueTextEquals("value"u8);
            reader.Read();
            if (!isValue)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
            {
                entities.Add(EntityJson.ToEntity<T>(EntityJson.Read(ref reader)));
            }
        }

        return entities;
    }

    private static string Continuation(Response response)
    {
        response.Headers.TryGetValue("x-ms-continuation-NextPartitionKey", out var partition);
        response.Headers.TryGetValue("x-ms-continuation-NextRowKey", out var row);
        return partition is null && row is null ? null : $"{partition} {row}";
    }

    private static void AppendContinuation(Request request, string token)
    {
        if (token is not { Length: > 1 })
        {
            return;
        }

        var separator = token.IndexOf(' ', StringComparison.Ordinal);
        request.Uri.AppendQuery("NextPartitionKey", separator < 0 ? token : token[..separator], escapeValue: true);
        if (separator >= 0 && separator < token.Length - 1)
        {
            request.Uri.AppendQuery("NextRowKey", token[(separator + 1)..], escapeValue: true);
        }
    }

    private string EntityPath(string partitionKey, string rowKey)
    {
        ArgumentNullException.ThrowIfNull(partitionKey);
        ArgumentNullException.ThrowIfNull(rowKey);
        return $"/{Name}(PartitionKey='{EntityKey.Escape(partitionKey)}',RowKey='{EntityKey.Escape(rowKey)}')";
    }

    private Task<Response> GetAsync(string partitionKey, string rowKey, IEnumerable<string> select, int expectedError, CancellationToken cancellationToken)
    {
        var message = _connection.CreateMessage(RequestMethod.Get, EntityPath(partitionKey, rowKey));
        message.Request.AppendQuery(filter: null, top: null, Columns(select));
        return _connection.SendAsync(message, cancellationToken, expectedError);
    }

    private Task<Response> PutAsync(ITableEntity entity, TableUpdateMode mode, ETag ifMatch, CancellationToken cancellationToken)
    {
        var method = mode switch
        {
            TableUpdateMode.Merge => RequestMethod.Patch,
            TableUpdateMode.Replace => RequestMethod.Put,
            _ => throw new ArgumentException($"Unexpected value for {nameof(mode)}: {mode}", nameof(mode)),
        };
        var message = _connection.CreateMessage(method, EntityPath(entity.PartitionKey, entity.RowKey));
        if (ifMatch != default)
        {
            message.Request.Headers.Add("If-Match", ifMatch.ToString());
        }

        SetBody(message.Request, entity);
        return _connection.SendAsync(message, cancellationToken);
    }

    private sealed class NoEntity<T>(Response response) : NullableResponse<T>
    {
        public override bool HasValue => false;

        public override T Value => throw new InvalidOperationException($"The response has no value: its status is {response.Status}.");

        public override Response GetRawResponse() => response;
    }
}
