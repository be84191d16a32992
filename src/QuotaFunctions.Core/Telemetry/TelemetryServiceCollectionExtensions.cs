using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Proxying;
using QuotaFunctions.Core.Queues;

namespace QuotaFunctions.Core.Telemetry;

/// <summary>Registers what reads the instruments.</summary>
public static class TelemetryServiceCollectionExtensions
{
    /// <summary>The metrics for Prometheus, and who may see them. Needs usage.</summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration) => services
        .AddSettings<TelemetryOptions>(configuration, TelemetryOptions.Read)
        .AddMetrics()
        .AddSingleton<MetricsAccess>()
        .AddSingleton<IFleetFigures, StoredFleetFigures>()
        .AddSingleton<ProcessMetrics>()
        .AddSingleton(static services => new PrometheusExporter(
            services.GetRequiredService<ProcessMetrics>(),
            services.GetRequiredService<QueueMonitor>(),
            services.GetRequiredService<IFleetFigures>(),
            services.GetRequiredService<CredentialStatus>(),
            services.GetRequiredService<IOptions<TelemetryOptions>>(),
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<PrometheusExporter>>()))
        .AddHostedService(static services => services.GetRequiredService<PrometheusExporter>());
}
