using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Http;
using QuotaFunctions.Http.Requests;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Adds to a key's quota.</summary>
[RequestBody(typeof(TopUpRequest))]
[Response(200, "As it is now.", typeof(KeyResponse))]
[TenantScoped]
public sealed class TopUpKey(IKeyService keys, TimeProvider time)
{
    /// <summary>POST …/keys/{key}/topup.</summary>
    [Function(nameof(TopUpKey))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Key + "/topup")] HttpRequest request, string key, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync(request, cancellationToken);
        return await keys.WithKeyAsync(
            request,
            key,
            async found =>
            {
                var toppedUp = await keys.TopUpAsync(found.Id, AdminRequests.ReadTopUp(body, found.Settings.Unit), request.Admin().Name, cancellationToken);
                return JsonResult.Of(KeyResponse.Of(toppedUp, time.GetUtcNow()), ResponseJson.Default.KeyResponse);
            },
            cancellationToken);
    }
}
