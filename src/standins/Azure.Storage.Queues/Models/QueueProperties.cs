using System.Globalization;

namespace Azure.Storage.Queues.Models;

/// <summary>A queue's length, about, and its metadata.</summary>
public class QueueProperties
{
    private const string MetadataPrefix = "x-ms-meta-";

    public QueueProperties()
    {
    }

    internal QueueProperties(Response response)
    {
        foreach (var header in response.Headers)
        {
            if (header.Name.StartsWith(MetadataPrefix, StringComparison.OrdinalIgnoreCase))
            {
                Metadata[header.Name[MetadataPrefix.Length..]] = header.Value;
            }
        }

        if (response.Headers.TryGetValue("x-ms-approximate-messages-count", out var count))
        {
            ApproximateMessagesCountLong = long.Parse(count, CultureInfo.InvariantCulture);
        }
    }

    public IDictionary<string, string> Metadata { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    public int ApproximateMessagesCount => checked((int)ApproximateMessagesCountLong);

    public long ApproximateMessagesCountLong { get; }
}
