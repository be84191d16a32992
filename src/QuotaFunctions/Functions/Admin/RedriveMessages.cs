using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Queues;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Puts the messages that a queue's function failed on too often back into the queue: once what they failed on is mended.</summary>
/// <remarks>One call moves 1,000 messages at the most; <c>has_more</c> says whether there are more.</remarks>
[Response(200, "How many were put back.", typeof(RedriveResponse))]
public sealed class RedriveMessages(QueueMonitor queues)
{
    /// <summary>POST …/queues/{queue}/redrive.</summary>
    [Function(nameof(RedriveMessages))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Queue + "/redrive")] HttpRequest request, string queue, CancellationToken cancellationToken)
    {
        if (!QueueMonitor.Has(queue))
        {
            return AdminRequests.NoSuchQueue();
        }

        var (moved, hasMore) = await queues.RedriveAsync(queue, cancellationToken);
        return JsonResult.Of(new RedriveResponse(moved, hasMore), ResponseJson.Default.RedriveResponse);
    }
}
