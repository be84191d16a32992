namespace QuotaFunctions.Core.Charging;

/// <summary>One of the places that a forwarded request may go to, and what it costs there.</summary>
/// <param name="Provider">The provider.</param>
/// <param name="Model">The model that it is asked for there; null where none is named.</param>
/// <param name="Path">The path of the call, without its query, for the log.</param>
/// <param name="Cost">Units, for keys that count requests.</param>
public sealed record ChargeTarget(string Provider, string? Model, string Path, long Cost);
