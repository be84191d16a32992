namespace Azure.Storage.Queues;

/// <summary>How message bodies travel.</summary>
public enum QueueMessageEncoding
{
    /// <summary>As text, as they are.</summary>
    None = 0,

    /// <summary>As Base64, as the queue trigger expects them.</summary>
    Base64 = 1,
}
