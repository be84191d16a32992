using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Validation;
using QuotaFunctions.Http;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Gives a key a new secret; the old one goes on until the overlap ends.</summary>
public sealed class RotateKey(IKeyService keys, TimeProvider time)
{
    /// <summary>The longest overlap: 30 days. Without one the old secret ends at once.</summary>
    public static readonly TimeSpan MaxOverlap = TimeSpan.FromDays(30);

    /// <summary>POST …/keys/{key}/rotate.</summary>
    [Function(nameof(RotateKey))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Key + "/rotate")] HttpRequest request, string key, CancellationToken cancellationToken)
    {
        var fields = JsonFields.Of(await JsonBody.ReadOrEmptyAsync(request, cancellationToken));
        var seconds = fields.Number("overlap_seconds", 0);
        if (seconds < 0 || seconds > MaxOverlap.TotalSeconds)
        {
            fields.Fault("overlap_seconds", $"must be from 0 to {MaxOverlap.TotalSeconds:0}.");
        }

        fields.ThrowIfInvalid();
        return await keys.WithKeyAsync(
            key,
            async found =>
            {
                var issued = await keys.RotateAsync(found.Id, TimeSpan.FromSeconds(seconds), AdminRequests.Actor, cancellationToken);
                return JsonResult.Of(KeyResponse.Of(issued, time.GetUtcNow()), ResponseJson.Default.KeyResponse);
            },
            cancellationToken);
    }
}
