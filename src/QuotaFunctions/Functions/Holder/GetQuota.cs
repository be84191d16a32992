using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Holder;

/// <summary>Shows a key's holder how its quota stands; costs nothing.</summary>
[Response(200, "How it stands.", typeof(QuotaResponse))]
public sealed class GetQuota(ClientKeys clients, IKeyService keys, ClientAddress addresses, TimeProvider time)
{
    /// <summary>GET /quota.</summary>
    [Function(nameof(GetQuota))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "quota")] HttpRequest request, CancellationToken cancellationToken)
    {
        var (secret, notIdentified) = await clients.IdentifyAsync(request, cancellationToken);
        if (secret is null)
        {
            return notIdentified.ToResult();
        }

        var (key, refusal) = await keys.CheckAsync(secret, addresses.Of(request), cancellationToken);
        if (refusal is not null)
        {
            return new ProblemResult(Problem.For(refusal.Value));
        }

        QuotaHeaders.Write(request.HttpContext.Response, key!.Quota, time.GetUtcNow());
        return JsonResult.Of(QuotaResponse.Of(key.Quota), ResponseJson.Default.QuotaResponse);
    }
}
