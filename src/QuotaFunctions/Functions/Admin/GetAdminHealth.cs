using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using QuotaFunctions.Http;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Says how every dependency is, and how long it took to answer.</summary>
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
            new AdminHealthAnswer(
                status,
                ServiceStatus.Service,
                ServiceStatus.Version,
                report.Entries.ToDictionary(
                    check => check.Key,
                    check => new DependencyResponse(
                        ServiceStatus.Of(check.Value), Math.Round(check.Value.Duration.TotalMilliseconds, 1), check.Value.Description))),
            ResponseJson.Default.AdminHealthAnswer,
            code);
    }
}
