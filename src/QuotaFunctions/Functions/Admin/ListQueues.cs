using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Queues;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Says how the queues stand, and what waits in this instance to be sent to them.</summary>
[Response(200, "All of them.", typeof(QueuesResponse))]
public sealed class ListQueues(QueueMonitor queues, IAuditBufferStatus buffer)
{
    /// <summary>GET …/queues.</summary>
    [Function(nameof(ListQueues))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.Queues)] HttpRequest request, CancellationToken cancellationToken)
    {
        var all = await queues.ReadAsync(cancellationToken);
        return JsonResult.Of(
            new QueuesResponse(
                [.. all.Select(QueueResponse.Of)],
                [new BufferResponse(buffer.Queue, buffer.Length, buffer.Capacity, buffer.Dropped)]),
            ResponseJson.Default.QueuesResponse);
    }
}
