using System.Net;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Http;

/// <summary>What the functions have in common that show a key's holder their own.</summary>
internal static class HolderRequests
{
    /// <summary>Reads a cost: in what the key counts in, which is not known yet. Null where none is given.</summary>
    public static decimal? Cost(this JsonFields fields)
    {
        var cost = fields.ExactNumberOrNull("cost", current: null, "must be a number, without an exponent.");
        if (cost is < ChargeRequest.MinCost or > ChargeRequest.MaxCost)
        {
            fields.AddError("cost", $"must be from {ChargeRequest.MinCost} to {ChargeRequest.MaxCost}.");
        }

        return cost;
    }

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
