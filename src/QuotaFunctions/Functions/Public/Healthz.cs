using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Public;

/// <summary>Says that the process serves; touches no storage.</summary>
[Response(200, "It does.", typeof(AliveResponse))]
public sealed class Healthz
{
    /// <summary>GET /healthz.</summary>
    [Function(nameof(Healthz))]
    public IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "healthz")] HttpRequest request) =>
        JsonResult.Of(new AliveResponse(Ok: true), ResponseJson.Default.AliveResponse);
}
