using System.Text.Json;
using System.Text.Json.Serialization;
using Azure.Storage.Queues;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Mailing;

/// <summary>A request to send a mail.</summary>
/// <param name="Id">The mail's id.</param>
/// <param name="Attempt">Attempts that were over when this was asked for. A request is out of date where there have been more since.</param>
internal sealed record MailRequest(string Id, int Attempt);

/// <summary>The queue of such requests. They do not expire: a mail waits as long as the service stands still.</summary>
internal sealed class MailQueue(QueueServiceClient queues)
{
    private static readonly TimeSpan Forever = TimeSpan.FromSeconds(-1);

    private readonly QueueClient _queue = queues.GetQueueClient(StorageNames.MailOutboxQueue);
    private readonly QueueClient _poison = queues.GetQueueClient(StorageNames.MailOutboxQueue + "-poison");

    /// <summary>Reads a message.</summary>
    /// <exception cref="JsonException">It is none of ours.</exception>
    public static MailRequest Read(string message)
    {
        var request = JsonSerializer.Deserialize(message, MailJson.Default.MailRequest);
        return request is { Id: not null } && MailId.IsValid(request.Id) ? request : throw new JsonException("The message names no mail.");
    }

    /// <summary>Asks for a mail, after a while.</summary>
    public Task SendAsync(MailRequest request, TimeSpan delay, CancellationToken cancellationToken) =>
        _queue.SendMessageAsync(Body(request), delay, Forever, cancellationToken);

    /// <summary>Puts a request that is given up where the host puts them, so that it is seen, and can be put back.</summary>
    public async Task SendToPoisonAsync(MailRequest request, CancellationToken cancellationToken)
    {
        await _poison.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
        await _poison.SendMessageAsync(Body(request), visibilityTimeout: null, Forever, cancellationToken);
    }

    private static BinaryData Body(MailRequest request) => new(JsonSerializer.SerializeToUtf8Bytes(request, MailJson.Default.MailRequest));
}

/// <summary>How requests are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(MailRequest))]
internal sealed partial class MailJson : JsonSerializerContext;
