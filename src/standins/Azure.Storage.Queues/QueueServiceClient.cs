using Azure.Core;
using Azure.Storage.Queues.Models;

namespace Azure.Storage.Queues;

/// <summary>The queues of an account.</summary>
public class QueueServiceClient
{
    private readonly QueueConnection _connection;

    public QueueServiceClient(string connectionString)
        : this(connectionString, null)
    {
    }

    public QueueServiceClient(string connectionString, QueueClientOptions options)
        => _connection = QueueConnection.Create(connectionString, options);

    public QueueServiceClient(Uri serviceUri, StorageSharedKeyCredential credential, QueueClientOptions options = null)
        => _connection = QueueConnection.Create(serviceUri, credential, options);

    public QueueServiceClient(Uri serviceUri, AzureSasCredential credential, QueueClientOptions options = null)
        => _connection = QueueConnection.Create(serviceUri, credential, options);

    public QueueServiceClient(Uri serviceUri, TokenCredential credential, QueueClientOptions options = null)
        => _connection = QueueConnection.Create(serviceUri, credential, options);

    /// <summary>For mocks.</summary>
    protected QueueServiceClient()
    {
    }

    public virtual string AccountName => _connection.AccountName;

    public virtual Uri Uri => _connection.Endpoint;

    public virtual QueueClient GetQueueClient(string queueName) => new(_connection, queueName);

    public virtual async Task<Response<QueueServiceProperties>> GetPropertiesAsync(CancellationToken cancellationToken = default)
    {
        var message = _connection.CreateMessage(RequestMethod.Get, "/");
        message.Request.Uri.AppendQuery("restype", "service");
        message.Request.Uri.AppendQuery("comp", "properties");
        var response = await _connection.SendAsync(message, cancellationToken).ConfigureAwait(false);
        return Response.FromValue(new QueueServiceProperties(), response);
    }
}
