using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Http;

namespace QuotaFunctions.Functions.Http;

/// <summary>Adds to a key's quota.</summary>
public sealed class TopUpKey(IKeyService keys, TimeProvider time)
{
    /// <summary>POST …/keys/{key}/topup.</summary>
    [Function(nameof(TopUpKey))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Key + "/topup")] HttpRequest request, string key, CancellationToken cancellationToken)
    {
        var fields = JsonFields.Of(await JsonBody.ReadAsync(request, cancellationToken));
        var amount = fields.Number("amount", 0);
        if (amount is < 1 or > KeySettingsValidator.MaxQuota && !fields.Faults.Has("amount"))
        {
            fields.Fault("amount", $"is required, from 1 to {KeySettingsValidator.MaxQuota}.");
        }

        fields.ThrowIfInvalid();
        return await keys.WithKeyAsync(
            key,
            async found =>
            {
                var toppedUp = await keys.TopUpAsync(found.Id, amount, KeyRequests.Actor, cancellationToken);
                return JsonResult.Of(KeyAnswer.Of(toppedUp, time.GetUtcNow()), AnswerJson.Default.KeyAnswer);
            },
            cancellationToken);
    }
}
