using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Azure.Storage.Queues;

namespace QuotaFunctions.Core.Hosting;

/// <summary>
/// A queue whose function sends its own messages again, with growing pauses, until it gives one up. Its messages do not expire: one waits as long
/// as the service stands still.
/// </summary>
/// <param name="queues">The storage's queues.</param>
/// <param name="name">The queue.</param>
/// <param name="type">How messages are written.</param>
internal abstract class JsonQueue<T>(QueueServiceClient queues, string name, JsonTypeInfo<T> type)
{
    private static readonly TimeSpan Forever = TimeSpan.FromSeconds(-1);

    private readonly QueueClient _queue = queues.GetQueueClient(name);
    private readonly QueueClient _poison = queues.GetQueueClient(StorageNames.PoisonOf(name));

    /// <summary>Sends a message, to be seen after a while.</summary>
    public Task SendAsync(T message, TimeSpan delay, CancellationToken cancellationToken) =>
        _queue.SendMessageAsync(Body(message), delay, Forever, cancellationToken);

    /// <summary>Puts a message that is given up where the host puts them, so that it is seen, and can be put back.</summary>
    public async Task SendToPoisonAsync(T message, CancellationToken cancellationToken)
    {
        await _poison.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
        await _poison.SendMessageAsync(Body(message), visibilityTimeout: null, Forever, cancellationToken);
    }

    private BinaryData Body(T message) => new(JsonSerializer.SerializeToUtf8Bytes(message, type));
}
