using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Http;

namespace QuotaFunctions.Http;

/// <summary>A charge was granted to a service that does the work itself.</summary>
internal sealed record ConsumedResponse(bool Allowed, long Cost, long? Remaining, string ChargeId);

/// <summary>A consumed charge was settled.</summary>
internal sealed record SettledResponse(string ChargeId, bool Settled, bool Success, long Cost, long? Remaining);

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
