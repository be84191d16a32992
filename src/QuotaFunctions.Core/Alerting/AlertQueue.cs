using System.Text.Json;
using Azure.Storage.Queues;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Alerting;

/// <summary>The queue <c>alerts</c>.</summary>
internal sealed class AlertQueue(QueueServiceClient queues) : JsonQueue<AlertMessage>(queues, StorageNames.AlertsQueue, AlertJson.Default.AlertMessage)
{
    /// <summary>Reads a message.</summary>
    /// <exception cref="JsonException">It is none of ours.</exception>
    public static AlertMessage Read(string message) =>
        JsonSerializer.Deserialize(message, AlertJson.Default.AlertMessage) ?? throw new JsonException("The message is empty.");
}
