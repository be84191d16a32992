namespace Azure.Storage.Queues.Models;

/// <summary>The queue service's settings. Nothing reads them here: that they can be had shows that the service answers.</summary>
public class QueueServiceProperties
{
}
