using System.Reflection;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Http;

/// <summary>What the service says of itself.</summary>
internal static class ServiceStatus
{
    public const string Service = "quota-functions";

    /// <summary>The release, without the commit that it was built from.</summary>
    public static string Version { get; } =
        typeof(ServiceStatus).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    /// <summary>The service's state with its status code: degraded as soon as a vital dependency is not well.</summary>
    public static (string Status, int Code) Of(IEnumerable<DependencyHealth> checks) => checks.All(check => check.Healthy || !check.Vital)
        ? ("ok", StatusCodes.Status200OK)
        : ("degraded", StatusCodes.Status503ServiceUnavailable);

    public static string Of(DependencyHealth check) => check.Healthy ? "ok" : "unavailable";
}
