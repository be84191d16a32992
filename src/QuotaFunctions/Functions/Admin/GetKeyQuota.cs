using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Shows how a key's quota stands.</summary>
[Response(200, "How it stands.", typeof(QuotaResponse))]
[TenantScoped]
public sealed class GetKeyQuota(IKeyService keys)
{
    /// <summary>GET …/keys/{key}/quota.</summary>
    [Function(nameof(GetKeyQuota))]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.Key + "/quota")] HttpRequest request, string key, CancellationToken cancellationToken) =>
        keys.WithKeyAsync(
            request,
            key,
            found => Task.FromResult<IResult>(JsonResult.Of(QuotaResponse.Of(found.Quota), ResponseJson.Default.QuotaResponse)),
            cancellationToken);
}
