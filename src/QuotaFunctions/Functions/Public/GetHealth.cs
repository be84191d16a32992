using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Proxying;
using QuotaFunctions.Http;

namespace QuotaFunctions.Functions.Public;

/// <summary>Says whether the service works: for probes and load balancers.</summary>
public sealed class GetHealth(VitalHealth health, ProviderCatalog providers)
{
    /// <summary>GET /health.</summary>
    [Function(nameof(GetHealth))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "health")] HttpRequest request, CancellationToken cancellationToken)
    {
        var report = await health.ReportAsync(cancellationToken);
        var (status, code) = ServiceStatus.Of(report);
        return JsonResult.Of(
            new HealthResponse(
                status,
                ServiceStatus.Service,
                ServiceStatus.Version,
                [.. providers.Providers.Select(provider => provider.Name)],
                report.Entries.ToDictionary(check => check.Key, check => ServiceStatus.Of(check.Value))),
            ResponseJson.Default.HealthResponse,
            code);
    }
}
