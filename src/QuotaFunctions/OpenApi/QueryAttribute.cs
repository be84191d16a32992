namespace QuotaFunctions.OpenApi;

/// <summary>Declares the query parameters that a function reads for the OpenAPI description.</summary>
/// <param name="type">The record whose properties are the parameters.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class QueryAttribute(Type type) : Attribute
{
    /// <summary>The record whose properties are the parameters.</summary>
    public Type Type => type;
}
