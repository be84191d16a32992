namespace QuotaFunctions.Core.Quotas;

/// <summary>Storage did not let something be decided in time: answered as 503 <c>quota_unavailable</c>, and nothing is admitted.</summary>
public sealed class QuotaUnavailableException(string message, Exception? innerException = null) : Exception(message, innerException);
