using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Revokes a pool, and with it every key in it, for ever.</summary>
[Response(204, "Revoked.")]
[TenantScoped]
public sealed class DeletePool(IPoolService pools)
{
    /// <summary>DELETE …/pools/{pool}.</summary>
    [Function(nameof(DeletePool))]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = Routes.Pool)] HttpRequest request, string pool, CancellationToken cancellationToken) =>
        pools.WithPoolAsync(
            request,
            pool,
            async found => await pools.RevokeAsync(found.Id, request.Admin().Name, cancellationToken)
                ? NoContentResult.Instance
                : AdminRequests.NoSuchPool(),
            cancellationToken);
}
