using System.Net;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Core.Keys;

namespace QuotaFunctions.Http;

/// <summary>What the functions have in common that show a key's holder their own.</summary>
internal static class HolderRequests
{
    /// <summary>Does something with the key that a request brings, where that is good and may be used from this address.</summary>
    public static async Task<IResult> WithOwnKeyAsync(
        this ClientKeys clients, IKeyService keys, HttpRequest request, IPAddress? address, Func<ApiKey, Task<IResult>> operation,
        CancellationToken cancellationToken)
    {
        var (secret, notIdentified) = await clients.IdentifyAsync(request, cancellationToken);
        if (secret is null)
        {
            return notIdentified.ToResult();
        }

        var (key, refusal) = await keys.CheckAsync(secret, address, cancellationToken);
        return refusal is { } reason ? new ProblemResult(Problem.For(reason)) : await operation(key!);
    }
}
