using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Http;

/// <summary>A charge was granted to a service that does the work itself.</summary>
/// <param name="Allowed">It is granted.</param>
/// <param name="Cost">What was charged.</param>
/// <param name="Remaining">What is left; null for unlimited.</param>
/// <param name="ChargeId">What it is settled by.</param>
internal sealed record ConsumedResponse(
    [property: AllowedValues(true)] bool Allowed,
    [property: Example(1)] decimal Cost,
    [property: Example(849)] decimal? Remaining,
    [property: Example("chg_20260101-42-0")] string ChargeId)
{
    public static ConsumedResponse Of(Charge charge, QuotaSnapshot quota) => new(
        Allowed: true, QuotaAmount.Of(charge.Cost, quota.Unit), QuotaAmount.Of(quota.Remaining, quota.Unit), charge.Id.ToString());
}

/// <summary>A consumed charge was settled.</summary>
/// <param name="ChargeId">The charge.</param>
/// <param name="Settled">It is settled.</param>
/// <param name="Success">Whether the work succeeded.</param>
/// <param name="Cost">What it came to.</param>
/// <param name="Remaining">What is left; null for unlimited.</param>
internal sealed record SettledResponse(
    [property: Example("chg_20260101-42-0")] string ChargeId,
    [property: AllowedValues(true)] bool Settled,
    [property: Example(true)] bool Success,
    [property: Range(0, ChargeRequest.MaxCost), Example(3)] decimal Cost,
    [property: Example(847)] decimal? Remaining)
{
    public static SettledResponse Of(string chargeId, bool success, long cost, QuotaSnapshot quota) => new(
        chargeId, Settled: true, success, QuotaAmount.Of(cost, quota.Unit), QuotaAmount.Of(quota.Remaining, quota.Unit));
}

/// <summary>How answers to a key's holder are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ConsumedResponse))]
[JsonSerializable(typeof(SettledResponse))]
internal sealed partial class HolderJson : JsonSerializerContext;

/// <summary>Refusals as answers.</summary>
internal static class ProxyRefusalExtensions
{
    /// <summary>The answer; nothing where the request was answered already.</summary>
    public static IResult ToResult(this Refusal? refusal) => refusal is null
        ? Results.Empty
        : new ProblemResult(refusal.Problem, refusal.Detail, refusal.Errors, refusal.RetryAfter);
}
