namespace QuotaFunctions.OpenApi;

/// <summary>Declares the body that a function reads for the OpenAPI description.</summary>
/// <param name="type">The record that describes the body's fields; null for another body.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class RequestBodyAttribute(Type? type = null) : Attribute
{
    /// <summary>The record that describes the body's fields; null for another body.</summary>
    public Type? Type => type;

    /// <summary>The media type of a body of no such record; of any by default.</summary>
    public string MediaType { get; init; } = "*/*";

    /// <summary>False where the body may be missing.</summary>
    public bool Required { get; init; } = true;

    /// <summary>An example body in JSON, where the one that follows from the type's own examples does not fit.</summary>
    public string? Example { get; init; }
}
