using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Http;
using QuotaFunctions.Http.Requests;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Adds to a pool's quota.</summary>
[RequestBody(typeof(TopUpRequest))]
[Response(200, "As it is now.", typeof(PoolResponse))]
[TenantScoped]
public sealed class TopUpPool(IPoolService pools)
{
    /// <summary>POST …/pools/{pool}/topup.</summary>
    [Function(nameof(TopUpPool))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Pool + "/topup")] HttpRequest request, string pool, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync(request, cancellationToken);
        return await pools.WithPoolAsync(
            request,
            pool,
            async found =>
            {
                var toppedUp = await pools.TopUpAsync(found.Id, AdminRequests.ReadTopUp(body, found.Settings.Unit), request.Admin().Name, cancellationToken);
                return JsonResult.Of(PoolResponse.Of(toppedUp), ResponseJson.Default.PoolResponse);
            },
            cancellationToken);
    }
}
