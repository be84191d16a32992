using System.Globalization;
using System.Text;
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

/// <summary>Charges a key without forwarding anything, for services that do their own work.</summary>
[RequestBody(typeof(ConsumeRequest), Required = false)]
[Charges]
[Response(200, "Granted.", typeof(ConsumedResponse))]
public sealed class ConsumeQuota(ClientKeys clients, IQuotaEngine engine, ClientAddress addresses, TimeProvider time)
{
    private const string Route = "quota/consume";

    /// <summary>The longest reference, in characters.</summary>
    public const int MaxReference = 200;

    /// <summary>The longest hold: 24 hours.</summary>
    public const int MaxHoldSeconds = 24 * 60 * 60;

    /// <summary>POST /quota/consume.</summary>
    [Function(nameof(ConsumeQuota))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Route)] HttpRequest request, CancellationToken cancellationToken)
    {
        var (secret, refusal) = await clients.IdentifyAsync(request, cancellationToken);
        if (secret is null)
        {
            return refusal.ToResult();
        }

        var charge = await ReadAsync(request, secret, cancellationToken);
        var result = await engine.ChargeAsync(charge, cancellationToken);
        var response = request.HttpContext.Response;
        if (result.Quota is { } quota)
        {
            QuotaHeaders.Write(response, quota, time.GetUtcNow(), result.Replayed ? 0 : result.Charge?.Cost);
        }

        if (result.Charge is not { } granted)
        {
            return result.Refusal == ChargeRefusal.CostInvalid
                ? Refusal.OfCost(charge.Cost, result.Quota!.Unit).ToResult()
                : Refusal.Of(result.Refusal!.Value, result.RetryAfter).ToResult();
        }

        request.HttpContext.Features.Get<Admission>()!.IsGranted = true;
        if (result.Replayed)
        {
            response.Headers[Idempotency.ReplayedHeader] = "true";
        }

        return JsonResult.Of(ConsumedResponse.Of(granted, result.Quota!), HolderJson.Default.ConsumedResponse);
    }

    private async Task<ChargeRequest> ReadAsync(HttpRequest request, KeySecret secret, CancellationToken cancellationToken)
    {
        var fields = JsonFields.Of(await JsonBody.ReadOrEmptyAsync(request, JsonBody.MaxHolderBytes, cancellationToken));
        var cost = fields.Cost();
        var reference = fields.TextOrNull("reference", null);
        var holdSeconds = fields.NumberOrNull("hold_seconds", null);
        if (reference?.Length > MaxReference)
        {
            fields.AddError("reference", $"must be at most {MaxReference} characters.");
        }

        if (holdSeconds is < 1 or > MaxHoldSeconds)
        {
            fields.AddError("hold_seconds", $"must be from 1 to {MaxHoldSeconds}.");
        }

        // The same by what it says, however it is written
        var content = string.Create(CultureInfo.InvariantCulture, $"{cost ?? ChargeRequest.DefaultCost:G29} {holdSeconds} {reference}");
        if (!Idempotency.TryRead(request, "POST /" + Route, Encoding.UTF8.GetBytes(content), out var claim))
        {
            fields.AddError(Idempotency.Header, Idempotency.Rule);
        }

        fields.ThrowIfInvalid();
        return new ChargeRequest
        {
            Secret = secret,
            Kind = ChargeKind.Consume,
            Cost = cost,
            HoldFor = holdSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            Reference = reference,
            RequestId = request.RequestId(),
            TraceId = RequestTrace.IdOf(request),
            Address = addresses.Of(request),
            Idempotency = claim,
        };
    }
}
