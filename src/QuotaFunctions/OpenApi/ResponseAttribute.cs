namespace QuotaFunctions.OpenApi;

/// <summary>Declares a response of a function's operation for the OpenAPI description.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="description">When the operation answers so.</param>
/// <param name="body">The type that is written as the body; null for no body.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class ResponseAttribute(int status, string description, Type? body = null) : Attribute
{
    /// <summary>The HTTP status.</summary>
    public int Status => status;

    /// <summary>When the operation answers so.</summary>
    public string Description => description;

    /// <summary>The type that is written as the body; null for no body.</summary>
    public Type? Body => body;

    /// <summary>The body's media type. JSON by default.</summary>
    public string MediaType { get; init; } = "application/json";

    /// <summary>An example body in JSON, where the one that follows from the type's own examples does not fit.</summary>
    public string? Example { get; init; }
}
