namespace QuotaFunctions.OpenApi;

/// <summary>Declares that an operation charges the key: it takes an Idempotency-Key, and a key whose quota is used up is refused.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ChargesAttribute : Attribute;
