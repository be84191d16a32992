namespace QuotaFunctions.Core.Http;

/// <summary>The provider that a request is for: a feature of the request, for who measures it.</summary>
/// <param name="Name">The provider's name.</param>
public sealed record RequestedProvider(string Name);
