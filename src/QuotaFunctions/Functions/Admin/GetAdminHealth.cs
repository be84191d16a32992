using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Hosting;
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
public sealed class GetAdminHealth(Health health)
{
    /// <summary>GET …/health.</summary>
    [Function(nameof(GetAdminHealth))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.Area + "/health")] HttpRequest request)
    {
        var checks = await health.CheckAllAsync();
        var (status, code) = ServiceStatus.Of(checks);
        return JsonResult.Of(
            new AdminHealthResponse(
                status,
                ServiceStatus.Service,
                ServiceStatus.Version,
                checks.ToDictionary(
                    check => check.Name,
                    check => new DependencyResponse(ServiceStatus.Of(check), Math.Round(check.Latency.TotalMilliseconds, 1), check.Error))),
            ResponseJson.Default.AdminHealthResponse,
            code);
    }
}
