using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Queues;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Says what waits to be written, in the words of the earlier token service.</summary>
[Response(200, "What waits.", typeof(FlowWritePoolResponse))]
public sealed class GetFlowWritePool(QueueMonitor queues, IAuditBufferStatus buffer)
{
    /// <summary>GET /flow/cache-write-pool/stats.</summary>
    [Function(nameof(GetFlowWritePool))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.Flow + "/cache-write-pool/stats")] HttpRequest request, CancellationToken cancellationToken)
    {
        var queue = (await queues.ReadAsync(cancellationToken)).Single(status => status.Name == buffer.Queue);
        return JsonResult.Of(
            new FlowWritePoolResponse(Success: true, new FlowWritePoolData(queue.Length, buffer.Length, buffer.Capacity)), ResponseJson.Default.FlowWritePoolResponse);
    }
}
