using System.Globalization;
using Azure.Core;
using Azure.Storage.Queues.Models;

namespace Azure.Storage.Queues;

/// <summary>One queue.</summary>
public class QueueClient
{
    private readonly QueueConnection _connection;
    private readonly string _path;

    public QueueClient(string connectionString, string queueName)
        : this(connectionString, queueName, null)
    {
    }

    public QueueClient(string connectionString, string queueName, QueueClientOptions options)
        : this(QueueConnection.Create(connectionString, options), queueName)
    {
    }

    public QueueClient(Uri queueUri, StorageSharedKeyCredential credential, QueueClientOptions options = null)
        : this(QueueConnection.Create(Service(queueUri), credential, options), NameIn(queueUri))
    {
    }

    public QueueClient(Uri queueUri, AzureSasCredential credential, QueueClientOptions options = null)
        : this(QueueConnection.Create(Service(queueUri), credential, options), NameIn(queueUri))
    {
    }

    public QueueClient(Uri queueUri, TokenCredential credential, QueueClientOptions options = null)
        : this(QueueConnection.Create(Service(queueUri), credential, options), NameIn(queueUri))
    {
    }

    internal QueueClient(QueueConnection connection, string queueName)
    {
        _connection = connection;
        _path = $"/{queueName}";
        Name = queueName;
        Uri = new Uri(connection.Endpoint.AbsoluteUri + (connection.Endpoint.AbsolutePath == "/" ? queueName : _path));
    }

    /// <summary>For mocks.</summary>
    protected QueueClient()
    {
    }

    public virtual string Name { get; }

    public virtual string AccountName => _connection.AccountName;

    public virtual Uri Uri { get; }

    /// <summary>Makes the queue; null where it exists.</summary>
    public virtual async Task<Response> CreateIfNotExistsAsync(IDictionary<string, string> metadata = null, CancellationToken cancellationToken = default)
    {
        try
        {
            var message = _connection.CreateMessage(RequestMethod.Put, _path);
            foreach (var (name, value) in metadata ?? new Dictionary<string, string>())
            {
                message.Request.Headers.Add($"x-ms-meta-{name}", value);
            }

            var response = await _connection.SendAsync(message, cancellationToken).ConfigureAwait(false);
            return response.Status == 204 ? null : response;
        }
        catch (RequestFailedException exception) when (exception.ErrorCode == QueueErrorCode.QueueAlreadyExists)
        {
            return null;
        }
    }

    public virtual async Task<Response<bool>> ExistsAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            var properties = await GetPropertiesAsync(cancellationToken).ConfigureAwait(false);
            return Response.FromValue(true, properties.GetRawResponse());
        }
        catch (RequestFailedException exception) when (exception.ErrorCode == QueueErrorCode.QueueNotFound)
        {
            return Response.FromValue(false, exception.GetRawResponse());
        }
    }

    public virtual async Task<Response<bool>> DeleteIfExistsAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            var response = await _connection.SendAsync(_connection.CreateMessage(RequestMethod.Delete, _path), cancellationToken).ConfigureAwait(false);
            return Response.FromValue(true, response);
        }
        catch (RequestFailedException exception) when (exception.ErrorCode == QueueErrorCode.QueueNotFound)
        {
            return Response.FromValue(false, exception.GetRawResponse());
        }
    }

    public virtual async Task<Response<QueueProperties>> GetPropertiesAsync(CancellationToken cancellationToken = default)
    {
        var message = _connection.CreateMessage(RequestMethod.Get, _path);
        message.Request.Uri.AppendQuery("comp", "metadata");
        var response = await _connection.SendAsync(message, cancellationToken).ConfigureAwait(false);
        return Response.FromValue(new QueueProperties(response), response);
    }

    public virtual Task<Response<SendReceipt>> SendMessageAsync(string messageText) => SendMessageAsync(messageText, null);

    public virtual Task<Response<SendReceipt>> SendMessageAsync(string messageText, CancellationToken cancellationToken = default)
        => SendMessageAsync(messageText, null, cancellationToken: cancellationToken);

    public virtual Task<Response<SendReceipt>> SendMessageAsync(
        string messageText,
        TimeSpan? visibilityTimeout = default,
        TimeSpan? timeToLive = default,
        CancellationToken cancellationToken = default)
        => SendMessageAsync(Binary(messageText), visibilityTimeout, timeToLive, cancellationToken);

    public virtual async Task<Response<SendReceipt>> SendMessageAsync(
        BinaryData message,
        TimeSpan? visibilityTimeout = default,
        TimeSpan? timeToLive = default,
        CancellationToken cancellationToken = default)
    {
        var http = _connection.CreateMessage(RequestMethod.Post, $"{_path}/messages");
        AppendSeconds(http.Request, "visibilitytimeout", visibilityTimeout);
        AppendSeconds(http.Request, "messagettl", timeToLive);
        MessageXml.SetBody(http.Request, message, _connection.Encoding);
        var response = await _connection.SendAsync(http, cancellationToken).ConfigureAwait(false);
        return Response.FromValue(MessageXml.Read(response)[0].ToSendReceipt(), response);
    }

    public virtual Task<Response<QueueMessage[]>> ReceiveMessagesAsync() => ReceiveMessagesAsync(null);

    public virtual Task<Response<QueueMessage[]>> ReceiveMessagesAsync(CancellationToken cancellationToken = default)
        => ReceiveMessagesAsync(null, cancellationToken: cancellationToken);

    public virtual async Task<Response<QueueMessage[]>> ReceiveMessagesAsync(
        int? maxMessages = default,
        TimeSpan? visibilityTimeout = default,
        CancellationToken cancellationToken = default)
    {
        var message = _connection.CreateMessage(RequestMethod.Get, $"{_path}/messages");
        AppendNumber(message.Request, "numofmessages", maxMessages);
        AppendSeconds(message.Request, "visibilitytimeout", visibilityTimeout);
        var response = await _connection.SendAsync(message, cancellationToken).ConfigureAwait(false);
        var received = MessageXml.Read(response).ConvertAll(one => one.ToQueueMessage(_connection.Encoding));
        return Response.FromValue(received.ToArray(), response);
    }

    /// <summary>One message, or null where none is visible.</summary>
    public virtual async Task<Response<QueueMessage>> ReceiveMessageAsync(TimeSpan? visibilityTimeout = default, CancellationToken cancellationToken = default)
    {
        var response = await ReceiveMessagesAsync(1, visibilityTimeout, cancellationToken).ConfigureAwait(false);
        return Response.FromValue(response.Value is [var message, ..] ? message : null, response.GetRawResponse());
    }

    public virtual async Task<Response<PeekedMessage[]>> PeekMessagesAsync(int? maxMessages = default, CancellationToken cancellationToken = default)
    {
        var message = _connection.CreateMessage(RequestMethod.Get, $"{_path}/messages");
        message.Request.Uri.AppendQuery("peekonly", "true");
        AppendNumber(message.Request, "numofmessages", maxMessages);
        var response = await _connection.SendAsync(message, cancellationToken).ConfigureAwait(false);
        var peeked = MessageXml.Read(response).ConvertAll(one => one.ToPeekedMessage(_connection.Encoding));
        return Response.FromValue(peeked.ToArray(), response);
    }

    /// <summary>One message, or null where none is visible.</summary>
    public virtual async Task<Response<PeekedMessage>> PeekMessageAsync(CancellationToken cancellationToken = default)
    {
        var response = await PeekMessagesAsync(1, cancellationToken).ConfigureAwait(false);
        return Response.FromValue(response.Value is [var message, ..] ? message : null, response.GetRawResponse());
    }

    public virtual Task<Response<UpdateReceipt>> UpdateMessageAsync(
        string messageId,
        string popReceipt,
        string messageText = null,
        TimeSpan visibilityTimeout = default,
        CancellationToken cancellationToken = default)
        => UpdateMessageAsync(messageId, popReceipt, Binary(messageText), visibilityTimeout, cancellationToken);

    /// <summary>Changes when the message is visible again, and its body where one is given.</summary>
    public virtual async Task<Response<UpdateReceipt>> UpdateMessageAsync(
        string messageId,
        string popReceipt,
        BinaryData message,
        TimeSpan visibilityTimeout = default,
        CancellationToken cancellationToken = default)
    {
        var http = CreateMessage(RequestMethod.Put, messageId, popReceipt);
        AppendSeconds(http.Request, "visibilitytimeout", visibilityTimeout);
        if (message != null)
        {
            MessageXml.SetBody(http.Request, message, _connection.Encoding);
        }

        var response = await _connection.SendAsync(http, cancellationToken).ConfigureAwait(false);
        return Response.FromValue(new UpdateReceipt(response), response);
    }

    public virtual Task<Response> DeleteMessageAsync(string messageId, string popReceipt, CancellationToken cancellationToken = default)
        => _connection.SendAsync(CreateMessage(RequestMethod.Delete, messageId, popReceipt), cancellationToken);

    public virtual Task<Response> ClearMessagesAsync(CancellationToken cancellationToken = default)
        => _connection.SendAsync(_connection.CreateMessage(RequestMethod.Delete, $"{_path}/messages"), cancellationToken);

    private static BinaryData Binary(string text) => text is null ? null : BinaryData.FromString(text);

    private static Uri Service(Uri queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        var address = queue.GetLeftPart(UriPartial.Path).TrimEnd('/');
        return new Uri(address[..address.LastIndexOf('/')] + queue.Query);
    }

    private static string NameIn(Uri queue) => queue.AbsolutePath.TrimEnd('/').Split('/')[^1];

    private static void AppendSeconds(Request request, string name, TimeSpan? duration) => AppendNumber(request, name, (int?)duration?.TotalSeconds);

    private static void AppendNumber(Request request, string name, int? number)
    {
        if (number is { } value)
        {
            request.Uri.AppendQuery(name, value.ToString(CultureInfo.InvariantCulture), escapeValue: false);
        }
    }

    private HttpMessage CreateMessage(RequestMethod method, string messageId, string popReceipt)
    {
        ArgumentNullException.ThrowIfNull(messageId);
        ArgumentNullException.ThrowIfNull(popReceipt);
        var message = _connection.CreateMessage(method, $"{_path}/messages/{Uri.EscapeDataString(messageId)}");
        message.Request.Uri.AppendQuery("popreceipt", popReceipt, escapeValue: true);
        return message;
    }
}
