using Azure.Core;

namespace Azure.Storage.Queues;

/// <summary>Transport, retries and diagnostics of a queue client, and the encoding of its messages.</summary>
public class QueueClientOptions : ClientOptions
{
    /// <summary>The version of the REST protocol that is spoken.</summary>
    internal const string Version = "2025-07-05";

    public QueueClientOptions() => Retry.MaxRetries = 5;

    public QueueMessageEncoding MessageEncoding { get; set; } = QueueMessageEncoding.None;
}
