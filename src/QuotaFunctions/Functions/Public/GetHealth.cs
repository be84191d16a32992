using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Proxying;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Public;

/// <summary>Says whether the service works: for probes and load balancers.</summary>
[Response(200, "It does.", typeof(HealthResponse))]
[Response(503, "Storage did not answer within 2 seconds.", typeof(HealthResponse), Example = """
    {
      "status": "degraded",
      "service": "quota-functions",
      "version": "0.1.0",
      "providers": ["openai"],
      "checks": { "table": "unavailable", "queue": "ok" }
    }
    """)]
public sealed class GetHealth(Health health, ProviderCatalog providers)
{
    /// <summary>GET /health.</summary>
    [Function(nameof(GetHealth))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "health")] HttpRequest request, CancellationToken cancellationToken)
    {
        var checks = await health.CheckAsync(cancellationToken);
        var (status, code) = ServiceStatus.Of(checks);
        return JsonResult.Of(
            new HealthResponse(
                status,
                ServiceStatus.Service,
                ServiceStatus.Version,
                [.. providers.Providers.Select(provider => provider.Name)],
                checks.ToDictionary(check => check.Name, ServiceStatus.Of)),
            ResponseJson.Default.HealthResponse,
            code);
    }
}
