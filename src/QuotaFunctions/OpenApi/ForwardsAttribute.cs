namespace QuotaFunctions.OpenApi;

/// <summary>Declares that an operation charges the key and forwards the request: it answers what the upstream answers, or why it could not.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ForwardsAttribute : Attribute;
