namespace QuotaFunctions.OpenApi;

/// <summary>
/// An example value of a property. The OpenAPI description composes the examples of requests and responses from them; docs/openapi.md says
/// what stands where there is none.
/// </summary>
/// <param name="values">The value; of a list, its elements. None: the example that follows from the property's type.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ExampleAttribute(params object[] values) : Attribute
{
    /// <summary>The value; of a list, its elements.</summary>
    public IReadOnlyList<object> Values => values;

    /// <summary>The value in JSON, where it is an object.</summary>
    public string? Json { get; init; }
}
