using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Adds a key's books up.</summary>
[Response(200, "The sums.", typeof(VerificationResponse))]
[TenantScoped]
public sealed class VerifyKey(IKeyService keys, IAuditLog log)
{
    /// <summary>GET …/keys/{key}/verify.</summary>
    [Function(nameof(VerifyKey))]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.Key + "/verify")] HttpRequest request, string key, CancellationToken cancellationToken) =>
        keys.WithKeyAsync(
            request,
            key,
            async found => await log.VerifyAsync(found.Id, cancellationToken) is { } books
                ? JsonResult.Of(VerificationResponse.Of(books), ResponseJson.Default.VerificationResponse)
                : AdminRequests.NoSuchKey(),
            cancellationToken);
}
