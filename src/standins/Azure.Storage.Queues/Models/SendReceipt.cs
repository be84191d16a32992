namespace Azure.Storage.Queues.Models;

/// <summary>What the service says of a message that it took.</summary>
public class SendReceipt
{
    internal SendReceipt(
        string messageId,
        string popReceipt,
        DateTimeOffset insertionTime,
        DateTimeOffset expirationTime,
        DateTimeOffset timeNextVisible)
    {
        MessageId = messageId;
        PopReceipt = popReceipt;
        InsertionTime = insertionTime;
        ExpirationTime = expirationTime;
        TimeNextVisible = timeNextVisible;
    }

    public string MessageId { get; }

    public string PopReceipt { get; }

    public DateTimeOffset InsertionTime { get; }

    public DateTimeOffset ExpirationTime { get; }

    public DateTimeOffset TimeNextVisible { get; }
}
