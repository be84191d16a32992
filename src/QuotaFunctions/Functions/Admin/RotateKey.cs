using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Validation;
using QuotaFunctions.Http;
using QuotaFunctions.Http.Requests;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Gives a key a new secret; the old one goes on until the overlap ends.</summary>
/// <remarks>After a 503 the old secret is still good, and it may be tried again.</remarks>
[RequestBody(typeof(RotateRequest), Required = false)]
[Response(200, "With the new secret.", typeof(IssuedKeyResponse))]
[TenantScoped]
public sealed class RotateKey(IKeyService keys, TimeProvider time)
{
    /// <summary>The longest overlap: 30 days. Without one the old secret ends at once.</summary>
    public const int MaxOverlapSeconds = 30 * 24 * 60 * 60;

    /// <summary>POST …/keys/{key}/rotate.</summary>
    [Function(nameof(RotateKey))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Key + "/rotate")] HttpRequest request, string key, CancellationToken cancellationToken)
    {
        var fields = JsonFields.Of(await JsonBody.ReadOrEmptyAsync(request, cancellationToken));
        var seconds = fields.Number("overlap_seconds", 0);
        if (seconds is < 0 or > MaxOverlapSeconds)
        {
            fields.AddError("overlap_seconds", $"must be from 0 to {MaxOverlapSeconds}.");
        }

        fields.ThrowIfInvalid();
        return await keys.WithKeyAsync(
            request,
            key,
            async found =>
            {
                var issued = await keys.RotateAsync(found.Id, TimeSpan.FromSeconds(seconds), request.Admin().Name, cancellationToken);
                return JsonResult.Of(IssuedKeyResponse.Of(issued, time.GetUtcNow()), ResponseJson.Default.IssuedKeyResponse);
            },
            cancellationToken);
    }
}
