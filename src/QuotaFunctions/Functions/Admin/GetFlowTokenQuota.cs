using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Shows how a key's quota stands, in the envelope of the earlier token service.</summary>
[Response(200, "How it stands.", typeof(FlowQuotaResponse))]
[TenantScoped]
public sealed class GetFlowTokenQuota(IKeyService keys)
{
    /// <summary>GET /flow/tokens/{token}/quota.</summary>
    [Function(nameof(GetFlowTokenQuota))]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.FlowToken + "/quota")] HttpRequest request, string token, CancellationToken cancellationToken) =>
        keys.WithKeyAsync(
            request,
            token,
            found => Task.FromResult<IResult>(
                JsonResult.Of(new FlowQuotaResponse(Success: true, QuotaResponse.Of(found.Quota)), ResponseJson.Default.FlowQuotaResponse)),
            cancellationToken);
}
