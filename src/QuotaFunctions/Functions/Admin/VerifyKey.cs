using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Http;
using QuotaFunctions.Http.Requests;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Adds a key's books up: from the sums of its days, or row by row.</summary>
[Query(typeof(VerifyQuery))]
[Response(200, "The sums.", typeof(VerificationResponse))]
public sealed class VerifyKey(IKeyService keys, IBookVerifier verifier)
{
    /// <summary>GET …/keys/{key}/verify.</summary>
    [Function(nameof(VerifyKey))]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.Key + "/verify")] HttpRequest request, string key, CancellationToken cancellationToken)
    {
        var fields = new QueryFields(request.Query);
        var isDeep = fields.Flag("deep");
        fields.ThrowIfInvalid();
        return keys.WithKeyAsync(
            key,
            async found => await verifier.VerifyAsync(found.Id, isDeep, cancellationToken) is { } books
                ? JsonResult.Of(VerificationResponse.Of(books), ResponseJson.Default.VerificationResponse)
                : AdminRequests.NoSuchKey(),
            cancellationToken);
    }
}
