using System.Globalization;
using System.Text.Json;
using Azure.Core;
using Azure.Data.Tables.Models;

namespace Azure.Data.Tables;

/// <summary>The tables of an account.</summary>
public class TableServiceClient
{
    private readonly TableConnection _connection;

    public TableServiceClient(string connectionString)
        : this(connectionString, null)
    {
    }

    public TableServiceClient(string connectionString, TableClientOptions options = null)
        => _connection = TableConnection.Create(connectionString, options);

    public TableServiceClient(Uri endpoint, AzureSasCredential credential)
        : this(endpoint, credential, null)
    {
    }

    public TableServiceClient(Uri endpoint, AzureSasCredential credential, TableClientOptions options = null)
        => _connection = TableConnection.Create(endpoint, credential, options);

    public TableServiceClient(Uri endpoint, TableSharedKeyCredential credential)
        : this(endpoint, credential, null)
    {
    }

    public TableServiceClient(Uri endpoint, TableSharedKeyCredential credential, TableClientOptions options)
        => _connection = TableConnection.Create(endpoint, credential, options);

    public TableServiceClient(Uri endpoint, TokenCredential tokenCredential, TableClientOptions options = null)
        => _connection = TableConnection.Create(endpoint, tokenCredential, options);

    /// <summary>For mocks.</summary>
    protected TableServiceClient()
    {
    }

    public virtual string AccountName => _connection.AccountName;

    public virtual Uri Uri => _connection.Endpoint;

    public static string CreateQueryFilter(FormattableString filter) => FilterLiteral.Format(filter);

    public virtual TableClient GetTableClient(string tableName)
    {
        ArgumentException.ThrowIfNullOrEmpty(tableName);
        return new TableClient(_connection, tableName);
    }

    /// <summary>Makes the table; where it exists the response's status is 409, and nothing is thrown.</summary>
    public virtual Task<Response<TableItem>> CreateTableIfNotExistsAsync(string tableName, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(tableName);
        return CreateTableAsync(_connection, tableName, cancellationToken);
    }

    /// <summary>Deletes the table; where there is none the response's status is 404, and nothing is thrown.</summary>
    public virtual Task<Response> DeleteTableAsync(string tableName, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(tableName);
        return DeleteTableAsync(_connection, tableName, cancellationToken);
    }

    public virtual AsyncPageable<TableItem> QueryAsync(string filter = null, int? maxPerPage = null, CancellationToken cancellationToken = default)
        => new Paged<TableItem>(
            async (next, size, cancellation) =>
            {
                var message = _connection.CreateMessage(RequestMethod.Get, "/Tables");
                message.Request.AppendQuery(filter, size, select: null);
                if (next != null)
                {
                    message.Request.Uri.AppendQuery("NextTableName", next, escapeValue: true);
                }

                var response = await _connection.SendAsync(message, cancellation).ConfigureAwait(false);
                using var document = JsonDocument.Parse(response.Content);
                var tables = new List<TableItem>();
                foreach (var table in document.RootElement.GetProperty("value").EnumerateArray())
                {
                    tables.Add(new TableItem(table.GetProperty("TableName").GetString()));
                }

                response.Headers.TryGetValue("x-ms-continuation-NextTableName", out next);
                return Page<TableItem>.FromValues(tables, next, response);
            },
            maxPerPage,
            cancellationToken);

    public virtual async Task<Response<TableServiceProperties>> GetPropertiesAsync(CancellationToken cancellationToken = default)
    {
        var message = _connection.CreateMessage(RequestMethod.Get, "/");
        message.Request.Uri.AppendQuery("restype", "service");
        message.Request.Uri.AppendQuery("comp", "properties");
        message.Request.Headers.SetValue("Accept", "application/xml");
        var response = await _connection.SendAsync(message, cancellationToken).ConfigureAwait(false);
        return Response.FromValue(new TableServiceProperties(), response);
    }

    internal static async Task<Response<TableItem>> CreateTableAsync(TableConnection connection, string tableName, CancellationToken cancellationToken)
    {
        var message = connection.CreateMessage(RequestMethod.Post, "/Tables");
        message.Request.Headers.Add("Prefer", "return-no-content");
        message.Request.Headers.Add("Content-Type", "application/json;odata=nometadata");
        message.Request.Content = RequestContent.Create(JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["TableName"] = tableName }));

        var response = await connection.SendAsync(message, cancellationToken, expectedError: 409).ConfigureAwait(false);
        if (response.Status == 409 && new RequestFailedException(response) is { ErrorCode: var code } failure && code == TableErrorCode.TableBeingDeleted)
        {
            throw failure;
        }

        return Response.FromValue(new TableItem(tableName), response);
    }

    internal static Task<Response> DeleteTableAsync(TableConnection connection, string tableName, CancellationToken cancellationToken)
        => connection.SendAsync(
            connection.CreateMessage(RequestMethod.Delete, string.Create(CultureInfo.InvariantCulture, $"/Tables('{Uri.EscapeDataString(tableName)}')")),
            cancellationToken,
            expectedError: 404);
}
