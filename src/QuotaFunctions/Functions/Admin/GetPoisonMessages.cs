using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Queues;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Shows the oldest messages that a queue's function failed on too often; they stay where they are.</summary>
[Response(200, "32 of them at the most.", typeof(PoisonResponse))]
public sealed class GetPoisonMessages(QueueMonitor queues)
{
    /// <summary>GET …/queues/{queue}/poison.</summary>
    [Function(nameof(GetPoisonMessages))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.Queue + "/poison")] HttpRequest request, string queue, CancellationToken cancellationToken)
    {
        if (!QueueMonitor.Has(queue))
        {
            return AdminRequests.NoSuchQueue();
        }

        var messages = await queues.PeekPoisonAsync(queue, cancellationToken);
        return JsonResult.Of(
            new PoisonResponse([.. messages.Select(message => new PoisonMessageResponse(message.Id, message.At, message.Body))]),
            ResponseJson.Default.PoisonResponse);
    }
}
