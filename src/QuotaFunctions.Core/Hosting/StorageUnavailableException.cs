namespace QuotaFunctions.Core.Hosting;

/// <summary>Storage did not let something be decided in time: answered as 503 <c>quota_unavailable</c>, and nothing is admitted.</summary>
public sealed class StorageUnavailableException(string message, Exception? innerException = null) : Exception(message, innerException);
