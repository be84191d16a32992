namespace QuotaFunctions.Functions;

/// <summary>
/// Opens a management function to tokens that are limited to a tenant: it shows and changes nothing but what <c>request.Admin()</c> may access.
/// Without it these tokens are refused.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class TenantScopedAttribute : Attribute;
