using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Shows one pool.</summary>
[Response(200, "The pool.", typeof(PoolResponse))]
[TenantScoped]
public sealed class GetPool(IPoolService pools)
{
    /// <summary>GET …/pools/{pool}.</summary>
    [Function(nameof(GetPool))]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.Pool)] HttpRequest request, string pool, CancellationToken cancellationToken) =>
        pools.WithPoolAsync(
            request,
            pool,
            found => Task.FromResult<IResult>(JsonResult.Of(PoolResponse.Of(found), ResponseJson.Default.PoolResponse)),
            cancellationToken);
}
