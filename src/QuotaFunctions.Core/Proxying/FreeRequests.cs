namespace QuotaFunctions.Core.Proxying;

/// <summary>Which requests use no tokens: those that list models, count tokens, or read what was answered before.</summary>
internal static class FreeRequests
{
    private static readonly string[] Counting = [":countTokens", "/messages/count_tokens", "/responses/input_tokens"];

    /// <summary>Whether a request uses no tokens, whatever its answer reports: a stored answer reports once more what it came to.</summary>
    /// <param name="method">Of the call.</param>
    /// <param name="path">As the upstream understands it.</param>
    /// <param name="hasBody">Whether there is a body: what asks a model has one.</param>
    public static bool UsesNoTokens(HttpMethod method, string path, bool hasBody) =>
        (!hasBody && (method == HttpMethod.Get || method == HttpMethod.Head)) || UpstreamPath.EndsInAny(path, Counting);

    /// <summary>Whether a request costs nothing in requests where the provider's <c>Costs</c> do not say otherwise.</summary>
    /// <param name="method">Of the call.</param>
    /// <param name="path">As the upstream understands it.</param>
    public static bool IsFreeByDefault(HttpMethod method, string path) => UpstreamPath.EndsInAny(path, Counting)
        || ((method == HttpMethod.Get || method == HttpMethod.Head) && UpstreamPath.EndsInAny(path, "/models"));
}
