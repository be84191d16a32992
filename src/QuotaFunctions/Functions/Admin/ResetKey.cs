using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Http;
using QuotaFunctions.Http.Requests;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Sets what a key has used to 0, and its quota anew when one is given.</summary>
[RequestBody(typeof(ResetRequest), Required = false)]
[Response(200, "As it is now.", typeof(KeyResponse))]
[TenantScoped]
public sealed class ResetKey(IKeyService keys, TimeProvider time)
{
    /// <summary>POST …/keys/{key}/reset.</summary>
    [Function(nameof(ResetKey))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Key + "/reset")] HttpRequest request, string key, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadOrEmptyAsync(request, cancellationToken);
        return await keys.WithKeyAsync(
            request,
            key,
            async found =>
            {
                var reset = await keys.ResetAsync(found.Id, AdminRequests.ReadReset(body, found.Settings.Unit), request.Admin().Name, cancellationToken);
                return JsonResult.Of(KeyResponse.Of(reset, time.GetUtcNow()), ResponseJson.Default.KeyResponse);
            },
            cancellationToken);
    }
}
