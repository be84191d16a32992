using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Core.Validation;
using QuotaFunctions.Http;
using QuotaFunctions.Http.Requests;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Holder;

/// <summary>Takes a service's report on how the work went that it was charged for, within 24 hours and once, and corrects its cost.</summary>
[RequestBody(typeof(SettleRequest))]
[Response(200, "In the books.", typeof(SettledResponse))]
[ErrorResponse(nameof(ErrorResponses.NotFound), nameof(ErrorResponses.ChargeSettled))]
public sealed class SettleCharge(ClientKeys clients, IQuotaEngine engine, TimeProvider time)
{
    /// <summary>POST /quota/charges/{chargeId}/settle.</summary>
    [Function(nameof(SettleCharge))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "quota/charges/{chargeId}/settle")] HttpRequest request,
        string chargeId,
        CancellationToken cancellationToken)
    {
        var (secret, refusal) = await clients.IdentifyAsync(request, cancellationToken);
        if (secret is null)
        {
            return refusal.ToResult();
        }

        var (success, cost) = await ReadAsync(request, cancellationToken);
        var result = await engine.SettleConsumedAsync(secret, chargeId, success, cost, cancellationToken);
        if (result.Quota is { } quota)
        {
            QuotaHeaders.Write(request.HttpContext.Response, quota, time.GetUtcNow());
        }

        return result.Status switch
        {
            ConsumeSettlementStatus.Settled => JsonResult.Of(
                SettledResponse.Of(chargeId, success, result.Cost, result.Quota!), HolderJson.Default.SettledResponse),
            ConsumeSettlementStatus.Refused when result.Refusal == ChargeRefusal.CostInvalid => Refusal.OfCost(cost, result.Quota!.Unit).ToResult(),
            ConsumeSettlementStatus.Refused => new ProblemResult(Problem.For(result.Refusal!.Value)),
            ConsumeSettlementStatus.NotFound => new ProblemResult(Problem.NotFound, "This key has no such charge, or it is older than 24 hours."),
            ConsumeSettlementStatus.AlreadySettled => new ProblemResult(Problem.ChargeSettled),
            _ => new ProblemResult(Problem.QuotaUnavailable),
        };
    }

    private static async Task<(bool Success, decimal? Cost)> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var fields = JsonFields.Of(await JsonBody.ReadAsync(request, JsonBody.MaxHolderBytes, cancellationToken));
        var success = fields.Flag("success", current: false);
        var cost = fields.Cost();
        if (!fields.Has("success"))
        {
            fields.AddError("success", "is required: true or false.");
        }

        fields.ThrowIfInvalid();
        return (success, cost);
    }
}
