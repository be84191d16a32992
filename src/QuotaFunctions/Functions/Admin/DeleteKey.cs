using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Revokes a key for ever: its very next request is refused, on every instance.</summary>
[Response(204, "Revoked.")]
[TenantScoped]
public sealed class DeleteKey(IKeyService keys)
{
    /// <summary>DELETE …/keys/{key}.</summary>
    [Function(nameof(DeleteKey))]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = Routes.Key)] HttpRequest request, string key, CancellationToken cancellationToken) =>
        keys.WithKeyAsync(
            request,
            key,
            async found => await keys.RevokeAsync(found.Id, request.Admin().Name, cancellationToken) ? NoContentResult.Instance : AdminRequests.NoSuchKey(),
            cancellationToken);
}
