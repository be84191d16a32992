using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace QuotaFunctions.Http;

/// <summary>What the service says of itself.</summary>
internal static class ServiceStatus
{
    public const string Service = "quota-functions";

    /// <summary>The release, without the commit that it was built from.</summary>
    public static string Version { get; } =
        typeof(ServiceStatus).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    /// <summary>The service's state with its status code: degraded as soon as a vital dependency is not well.</summary>
    public static (string Status, int Code) Of(HealthReport report) => report.Status == HealthStatus.Unhealthy
        ? ("degraded", StatusCodes.Status503ServiceUnavailable)
        : ("ok", StatusCodes.Status200OK);

    /// <summary>A dependency's state.</summary>
    public static string Of(HealthReportEntry check) => check.Status == HealthStatus.Healthy ? "ok" : "unavailable";
}
