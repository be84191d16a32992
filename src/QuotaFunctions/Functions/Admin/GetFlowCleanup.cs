using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Retention;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Says how long the log is kept, and what was deleted, in the envelope of the earlier token service.</summary>
[Response(200, "How it stands.", typeof(FlowCleanupResponse))]
public sealed class GetFlowCleanup(IRetentionService retention)
{
    /// <summary>GET /flow/quota/cleanup/stats.</summary>
    [Function(nameof(GetFlowCleanup))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.Flow + "/quota/cleanup/stats")] HttpRequest request, CancellationToken cancellationToken) =>
        JsonResult.Of(
            new FlowCleanupResponse(Success: true, RetentionResponse.Of(await retention.ReadAsync(cancellationToken))), ResponseJson.Default.FlowCleanupResponse);
}
