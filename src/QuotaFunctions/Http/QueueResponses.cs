using QuotaFunctions.Core.Queues;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Http;

/// <summary>How the queues and this instance's buffers stand.</summary>
/// <param name="Queues">Every queue.</param>
/// <param name="Buffers">What waits in this instance to be sent to a queue.</param>
internal sealed record QueuesResponse(IReadOnlyList<QueueResponse> Queues, IReadOnlyList<BufferResponse> Buffers);

/// <summary>How a queue stands.</summary>
/// <param name="Name">The queue.</param>
/// <param name="Length">Messages in it, approximately; those that are hidden for now are counted.</param>
/// <param name="PoisonLength">Messages that their function failed on too often, approximately.</param>
/// <param name="OldestAgeSeconds">How long the oldest message that can be seen has waited; null where there is none.</param>
internal sealed record QueueResponse(
    [property: Example("audit-events")] string Name,
    [property: Example(3)] long Length,
    long PoisonLength,
    [property: Example(1.5)] double? OldestAgeSeconds)
{
    public static QueueResponse Of(QueueStatus queue) =>
        new(queue.Name, queue.Length, queue.PoisonLength, queue.OldestAge is { } age ? Math.Round(age.TotalSeconds, 1) : null);
}

/// <summary>What waits in this instance.</summary>
/// <param name="Name">The queue that it goes to.</param>
/// <param name="Len">How many wait.</param>
/// <param name="Cap">How many may wait.</param>
/// <param name="Dropped">How many were dropped since the start, as there was no room: the sweep tells the log of them.</param>
internal sealed record BufferResponse(
    [property: Example("audit-events")] string Name, [property: Example(12)] int Len, [property: Example(2000)] int Cap, long Dropped);

/// <summary>The oldest poison messages of a queue.</summary>
/// <param name="Messages">They stay in the poison queue.</param>
internal sealed record PoisonResponse(IReadOnlyList<PoisonMessageResponse> Messages);

/// <summary>A message that its function failed on too often.</summary>
/// <param name="Id">Its id in the poison queue.</param>
/// <param name="At">When it came there.</param>
/// <param name="Body">Its text.</param>
internal sealed record PoisonMessageResponse(
    [property: Example("0c3fb7f0-5d0e-4c86-9e4b-8f1f2a9d3c11")] string Id, DateTimeOffset? At, [property: Example("[]")] string Body);

/// <summary>What a redrive did.</summary>
/// <param name="Moved">Messages that were put back.</param>
/// <param name="HasMore">True where more are left: redrive again.</param>
internal sealed record RedriveResponse([property: Example(7)] int Moved, bool HasMore);
