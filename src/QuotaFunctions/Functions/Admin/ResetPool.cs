using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Http;
using QuotaFunctions.Http.Requests;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Sets what a pool's keys have used of it to 0, and its quota anew when one is given.</summary>
[RequestBody(typeof(ResetRequest), Required = false)]
[Response(200, "As it is now.", typeof(PoolResponse))]
[TenantScoped]
public sealed class ResetPool(IPoolService pools)
{
    /// <summary>POST …/pools/{pool}/reset.</summary>
    [Function(nameof(ResetPool))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Pool + "/reset")] HttpRequest request, string pool, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadOrEmptyAsync(request, cancellationToken);
        return await pools.WithPoolAsync(
            request,
            pool,
            async found =>
            {
                var reset = await pools.ResetAsync(found.Id, AdminRequests.ReadReset(body, found.Settings.Unit), request.Admin().Name, cancellationToken);
                return JsonResult.Of(PoolResponse.Of(reset), ResponseJson.Default.PoolResponse);
            },
            cancellationToken);
    }
}
