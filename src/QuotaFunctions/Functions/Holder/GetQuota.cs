using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Holder;

/// <summary>Shows a key's holder how its quota stands; costs nothing.</summary>
[Response(200, "How it stands.", typeof(QuotaResponse))]
public sealed class GetQuota(ClientKeys clients, IKeyService keys, ClientAddress addresses, TimeProvider time)
{
    /// <summary>GET /quota.</summary>
    [Function(nameof(GetQuota))]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "quota")] HttpRequest request, CancellationToken cancellationToken) =>
        clients.WithOwnKeyAsync(
            keys,
            request,
            addresses.Of(request),
            key =>
            {
                QuotaHeaders.Write(request.HttpContext.Response, key.Quota, time.GetUtcNow());
                return Task.FromResult<IResult>(JsonResult.Of(QuotaResponse.Of(key.Quota), ResponseJson.Default.QuotaResponse));
            },
            cancellationToken);
}
