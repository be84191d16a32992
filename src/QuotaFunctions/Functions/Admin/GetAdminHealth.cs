using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Says how every dependency is, and how long it took to answer.</summary>
[Response(200, "Storage is well; a provider that is not takes nothing else down.", typeof(AdminHealthResponse))]
[Response(503, "Storage is not.", typeof(AdminHealthResponse), Example = """
    {
      "status": "degraded",
      "service": "quota-functions",
      "version": "0.1.0",
      "checks": {
        "table": { "status": "unavailable", "latency_ms": 2000.1, "error": "no answer within 2 s" },
        "queue": { "status": "ok", "latency_ms": 2.3 },
        "provider:openai": { "status": "unavailable", "latency_ms": 2000.4, "error": "no answer within 2 s" }
      }
    }
    """)]
public sealed class GetAdminHealth(HealthCheckService health)
{
    /// <summary>GET …/health.</summary>
    [Function(nameof(GetAdminHealth))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.Area + "/health")] HttpRequest request, CancellationToken cancellationToken)
    {
        var report = await health.CheckHealthAsync(cancellationToken);
        var (status, code) = ServiceStatus.Of(report);
        return JsonResult.Of(
            new AdminHealthResponse(
                status,
                ServiceStatus.Service,
                ServiceStatus.Version,
                report.Entries.ToDictionary(
                    check => check.Key,
                    check => new DependencyResponse(
                        ServiceStatus.Of(check.Value), Math.Round(check.Value.Duration.TotalMilliseconds, 1), check.Value.Description))),
            ResponseJson.Default.AdminHealthResponse,
            code);
    }
}
