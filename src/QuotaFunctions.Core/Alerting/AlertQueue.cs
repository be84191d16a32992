using System.Text.Json;
using Azure.Storage.Queues;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Alerting;

/// <summary>The queue <c>alerts</c>.</summary>
internal sealed class AlertQueue(QueueServiceClient queues)
{
    private static readonly TimeSpan Forever = TimeSpan.FromSeconds(-1);

    private readonly QueueClient _queue = queues.GetQueueClient(StorageNames.AlertsQueue);
    private readonly QueueClient _poison = queues.GetQueueClient(StorageNames.AlertsQueue + "-poison");

    /// <summary>Reads a message.</summary>
    /// <exception cref="JsonException">It is none of ours.</exception>
    public static AlertMessage Read(string message) =>
        JsonSerializer.Deserialize(message, AlertJson.Default.AlertMessage) ?? throw new JsonException("The message is empty.");

    /// <summary>Sends a message, to be seen after a while.</summary>
    public Task SendAsync(AlertMessage message, TimeSpan delay, CancellationToken cancellationToken) =>
        _queue.SendMessageAsync(Body(message), delay, Forever, cancellationToken);

    /// <summary>Puts a message that is given up where the host puts them, so that it is seen, and can be put back.</summary>
    public async Task SendToPoisonAsync(AlertMessage message, CancellationToken cancellationToken)
    {
        await _poison.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
        await _poison.SendMessageAsync(Body(message), visibilityTimeout: null, Forever, cancellationToken);
    }

    private static BinaryData Body(AlertMessage message) => new(JsonSerializer.SerializeToUtf8Bytes(message, AlertJson.Default.AlertMessage));
}
