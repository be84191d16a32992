using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Proxying;
using QuotaFunctions.Http;

namespace QuotaFunctions.Functions.Public;

/// <summary>Says whether the service works: for probes and load balancers.</summary>
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
