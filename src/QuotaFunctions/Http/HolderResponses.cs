using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Http;

/// <summary>A charge was granted to a service that does the work itself.</summary>
/// <param name="Allowed">It is granted.</param>
/// <param name="Cost">What was charged.</param>
/// <param name="Remaining">Units left; null for unlimited.</param>
/// <param name="ChargeId">What it is settled by.</param>
internal sealed record ConsumedResponse(
    [property: AllowedValues(true)] bool Allowed,
    [property: Example(1)] long Cost,
    [property: Example(849)] long? Remaining,
    [property: Example("chg_20260101-42-0")] string ChargeId);

/// <summary>A consumed charge was settled.</summary>
/// <param name="ChargeId">The charge.</param>
/// <param name="Settled">It is settled.</param>
/// <param name="Success">Whether the work succeeded.</param>
/// <param name="Cost">What it came to.</param>
/// <param name="Remaining">Units left; null for unlimited.</param>
internal sealed record SettledResponse(
    [property: Example("chg_20260101-42-0")] string ChargeId,
    [property: AllowedValues(true)] bool Settled,
    [property: Example(true)] bool Success,
    [property: Range(0, ChargeRequest.MaxCost), Example(3)] long Cost,
    [property: Example(847)] long? Remaining);

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
