using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Shows one key, without its secret.</summary>
[Response(200, "The key.", typeof(KeyResponse))]
[TenantScoped]
public sealed class GetKey(IKeyService keys, TimeProvider time)
{
    /// <summary>GET …/keys/{key}.</summary>
    [Function(nameof(GetKey))]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.Key)] HttpRequest request, string key, CancellationToken cancellationToken) =>
        keys.WithKeyAsync(
            request,
            key,
            found => Task.FromResult<IResult>(JsonResult.Of(KeyResponse.Of(found, time.GetUtcNow()), ResponseJson.Default.KeyResponse)),
            cancellationToken);
}
