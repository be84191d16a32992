using Microsoft.AspNetCore.WebUtilities;

namespace QuotaFunctions.Core.Proxying;

/// <summary>The model that a request names, in its path, its body or its query.</summary>
/// <param name="Model">The model; null where it names none, or it is not certain which.</param>
/// <param name="IsUncertain">Whether it may name one that cannot be told.</param>
internal readonly record struct NamedModel(string? Model, bool IsUncertain)
{
    /// <summary>Reads it.</summary>
    /// <param name="path">The request's path.</param>
    /// <param name="query">Its query.</param>
    /// <param name="facts">What its body says.</param>
    public static NamedModel Of(string path, string query, RequestMetadata facts)
    {
        // Where the path names a model, that is the one which the upstream goes by
        if (UpstreamPath.ModelIn(path) is { } inPath)
        {
            return new(RequestMetadata.NameOf(inPath), RequestMetadata.NameOf(inPath) is null);
        }

        foreach (var name in InQuery(query))
        {
            if (facts.Model is null || !facts.Model.Equals(RequestMetadata.NameOf(name), StringComparison.OrdinalIgnoreCase))
            {
                facts = facts.WithModel(name);
            }
        }

        return facts.IsUncertain ? new(null, true) : new(facts.Model, false);
    }

    /// <summary>What a query says of models.</summary>
    public static IEnumerable<string?> InQuery(string query) => query.Length == 0 ? [] : QueryHelpers.ParseQuery(query)
        .Where(static parameter => parameter.Key.Equals("model", StringComparison.OrdinalIgnoreCase)).SelectMany(static parameter => parameter.Value);
}
