namespace QuotaFunctions.Core.Charging;

/// <summary>One of the places that a forwarded request may go to, and what it costs there.</summary>
/// <param name="Provider">The provider.</param>
/// <param name="Model">The model that it is asked for there; null where none is named.</param>
/// <param name="Path">The path of the call, without its query, for the log.</param>
/// <param name="Cost">Units, for keys that count requests.</param>
public sealed record ChargeTarget(string Provider, string? Model, string Path, long Cost)
{
    /// <summary>What to hold for a key that counts tokens; null where the cost is known.</summary>
    public CostEstimate? TokenEstimate { get; init; }

    /// <summary>What to hold for a key that counts dollars, in micro-dollars; null where the model has no price there.</summary>
    public CostEstimate? DollarEstimate { get; init; }
}
