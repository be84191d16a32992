namespace QuotaFunctions.OpenApi;

/// <summary>
/// Declares error responses of a function's operation that do not follow from who may call it and what it reads. docs/openapi.md lists those
/// that do.
/// </summary>
/// <param name="names">Names of <see cref="ErrorResponses"/>.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ErrorResponseAttribute(params string[] names) : Attribute
{
    /// <summary>Names of <see cref="ErrorResponses"/>.</summary>
    public IReadOnlyList<string> Names => names;
}
