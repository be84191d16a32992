using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Lists the pools that are not revoked.</summary>
[Response(200, "All of them.", typeof(PoolsResponse))]
[ErrorResponse(nameof(ErrorResponses.InvalidRequest))]
[TenantScoped]
public sealed class ListPools(IPoolService pools)
{
    /// <summary>GET …/pools.</summary>
    [Function(nameof(ListPools))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.Pools)] HttpRequest request, CancellationToken cancellationToken)
    {
        new QueryFields(request.Query).ThrowIfInvalid();
        var all = await pools.ListAsync(request.Admin().Tenant, cancellationToken);
        return JsonResult.Of(new PoolsResponse(all.Count, [.. all.Select(PoolResponse.Of)]), ResponseJson.Default.PoolsResponse);
    }
}
