using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Http;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Says how every dependency is, and how long it took to answer.</summary>
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
            new AdminHealthAnswer(
                status,
                ServiceStatus.Service,
                ServiceStatus.Version,
                checks.ToDictionary(
                    check => check.Name,
                    check => new DependencyResponse(ServiceStatus.Of(check), Math.Round(check.Latency.TotalMilliseconds, 1), check.Error))),
            ResponseJson.Default.AdminHealthAnswer,
            code);
    }
}
