using System.Globalization;

namespace Azure.Storage.Queues.Models;

/// <summary>What a message is deleted or updated with from now on, and when it is visible again.</summary>
public class UpdateReceipt
{
    internal UpdateReceipt(Response response)
    {
        response.Headers.TryGetValue("x-ms-popreceipt", out var popReceipt);
        PopReceipt = popReceipt;
        if (response.Headers.TryGetValue("x-ms-time-next-visible", out var moment))
        {
            NextVisibleOn = DateTimeOffset.Parse(moment, CultureInfo.InvariantCulture);
        }
    }

    public string PopReceipt { get; }

    public DateTimeOffset NextVisibleOn { get; }
}
