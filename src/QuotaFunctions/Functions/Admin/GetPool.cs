using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Http;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Shows one pool.</summary>
public sealed class GetPool(IPoolService pools)
{
    /// <summary>GET …/pools/{pool}.</summary>
    [Function(nameof(GetPool))]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.Pool)] HttpRequest request, string pool, CancellationToken cancellationToken) =>
        pools.WithPoolAsync(
            pool, found => Task.FromResult<IResult>(JsonResult.Of(PoolResponse.Of(found), ResponseJson.Default.PoolResponse)), cancellationToken);
}
