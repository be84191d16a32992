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
public sealed class GetHealth(VitalHealth health, ProviderCatalog providers, CredentialStatus credentials)
{
    /// <summary>GET /health.</summary>
    [Function(nameof(GetHealth))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "health")] HttpRequest request, CancellationToken cancellationToken)
    {
        var reading = credentials.ReadAsync(cancellationToken);
        var report = await health.ReportAsync(cancellationToken);
        var (status, code) = ServiceStatus.Of(report);
        return JsonResult.Of(
            new HealthResponse(
                status,
                ServiceStatus.Service,
                ServiceStatus.Version,
                [.. providers.Providers.Select(provider => provider.Name)],
                report.Entries.ToDictionary(check => check.Key, check => ServiceStatus.Of(check.Value)),
                await reading),
            ResponseJson.Default.HealthResponse,
            code);
    }
}
