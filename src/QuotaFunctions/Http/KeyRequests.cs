using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;

namespace QuotaFunctions.Http;

/// <summary>What the functions of one key have in common.</summary>
internal static class KeyRequests
{
    /// <summary>Who the log says did it: there is one admin token, and it does not tell people apart.</summary>
    public const string Actor = "admin";

    /// <summary>Does something with the key of this id or secret; 404 where there is none, or none any more.</summary>
    public static async Task<IResult> WithKeyAsync(
        this IKeyService keys, string idOrSecret, Func<ApiKey, Task<IResult>> operation, CancellationToken cancellationToken)
    {
        try
        {
            return await keys.FindAsync(idOrSecret, cancellationToken) is { } key ? await operation(key) : NotFound();
        }
        catch (KeyNotFoundException)
        {
            return NotFound();
        }
    }

    public static ProblemResult NotFound() => new(Problem.NotFound, "There is no such key, or it has been revoked.");
}
