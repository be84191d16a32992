using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Functions.Holder;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Http.Requests;

/// <summary>A charge by a service that does the work itself.</summary>
internal sealed record ConsumeRequest
{
    /// <summary>
    /// In what the key counts in; required where that is usd, else 1 where it is absent. 0: everything but the quota is checked, nothing is taken,
    /// and the log has it.
    /// </summary>
    [Range(ChargeRequest.MinCost, ChargeRequest.MaxCost)]
    [Example(1)]
    public decimal? Cost { get; init; }

    /// <summary>Your own word for it, for the log.</summary>
    [MaxLength(ConsumeQuota.MaxReference)]
    [Example("invoice 4711")]
    public string? Reference { get; init; }

    /// <summary>Holds the cost until it is settled, at the most so long; what is not settled by then stays charged.</summary>
    [Range(1, ConsumeQuota.MaxHoldSeconds)]
    public long? HoldSeconds { get; init; }
}

/// <summary>How consumed work went.</summary>
internal sealed record SettleRequest
{
    /// <summary>Whether it succeeded.</summary>
    [Example(true)]
    public required bool Success { get; init; }

    /// <summary>What it came to; absent: as it was charged.</summary>
    [Range(0, ChargeRequest.MaxCost)]
    [Example(3)]
    public decimal? Cost { get; init; }
}

/// <summary>A request to forward.</summary>
internal sealed record ProxyRequest
{
    /// <summary>Must lie under the base URL of a configured provider.</summary>
    [Example("https://api.example.com/v1/chat")]
    public required Uri Endpoint { get; init; }

    /// <summary>Absent: POST where there is a body, else GET.</summary>
    [AllowedValues("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")]
    [Example("POST")]
    [DisallowNull]
    public string? Method { get; init; }

    /// <summary>Headers to send.</summary>
    [Example(Json = """{ "Accept": "application/json" }""")]
    [DisallowNull]
    public IReadOnlyDictionary<string, string>? Headers { get; init; }

    /// <summary>What to send: a text as it is, anything else as JSON.</summary>
    [Example(Json = """{ "question": "6 * 7" }""")]
    public JsonElement Body { get; init; }
}
