namespace Azure.Storage.Queues.Models;

/// <summary>A message that was received, and is invisible to others until <see cref="NextVisibleOn"/>.</summary>
public class QueueMessage
{
    internal QueueMessage(
        string messageId,
        string popReceipt,
        BinaryData body,
        long dequeueCount,
        DateTimeOffset? insertedOn,
        DateTimeOffset? expiresOn,
        DateTimeOffset? nextVisibleOn)
    {
        MessageId = messageId;
        PopReceipt = popReceipt;
        Body = body;
        DequeueCount = dequeueCount;
        InsertedOn = insertedOn;
        ExpiresOn = expiresOn;
        NextVisibleOn = nextVisibleOn;
    }

    public string MessageId { get; }

    public string PopReceipt { get; }

    public BinaryData Body { get; }

    public string MessageText => Body?.ToString();

    public long DequeueCount { get; }

    public DateTimeOffset? InsertedOn { get; }

    public DateTimeOffset? ExpiresOn { get; }

    public DateTimeOffset? NextVisibleOn { get; }
}
