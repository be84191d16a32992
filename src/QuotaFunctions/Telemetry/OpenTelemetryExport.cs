using Azure.Identity;
using Azure.Monitor.OpenTelemetry.Exporter;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Resources;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Telemetry;
using QuotaFunctions.Http;

namespace QuotaFunctions.Telemetry;

/// <summary>Sends traces, metrics and the log to where the settings say: by OTLP, to Application Insights, or both.</summary>
internal static class OpenTelemetryExport
{
    /// <summary>Registers the export. Where no setting asks for it nothing of OpenTelemetry is loaded, and no span is ever made.</summary>
    public static IServiceCollection AddOpenTelemetryExport(this IServiceCollection services, IConfiguration configuration)
    {
        var (otlp, azure) = (IsSet(TelemetryOptions.OtlpEndpoint), IsSet(TelemetryOptions.ApplicationInsights));
        if (otlp || azure)
        {
            AddExport(services, configuration, otlp, azure);
        }

        return services;

        bool IsSet(string setting) => !string.IsNullOrWhiteSpace(configuration[setting]);
    }

    private static void AddExport(IServiceCollection services, IConfiguration configuration, bool otlp, bool azure)
    {
        var export = services.AddOpenTelemetry()
            .WithTracing(traces => traces.AddSource(Instrumentation.Name))
            .WithMetrics(metrics => metrics.AddMeter(Instrumentation.Name).AddMeter("System.Runtime"))
            .WithLogging(configureBuilder: null, log => log.IncludeFormattedMessage = true)
            .UseFunctionsWorkerDefaults()

            // After the worker, which would put its own name here
            .ConfigureResource(resource => resource.AddService(configuration["OTEL_SERVICE_NAME"] ?? ServiceStatus.Service, serviceVersion: ServiceStatus.Version));

        // Of the libraries only what went wrong, whatever the log's level: on lower ones they tell whole addresses, with their queries
        services.AddLogging(logging => logging.AddFilter<OpenTelemetryLoggerProvider>(
            (category, level) => level >= LogLevel.Warning || category?.StartsWith(nameof(QuotaFunctions), StringComparison.Ordinal) == true));
        if (otlp)
        {
            export.UseOtlpExporter();
        }

        if (azure)
        {
            // Without options of ours: it reads its settings only then
            export.UseAzureMonitorExporter();
            if (configuration[TelemetryOptions.ApplicationInsightsAuthentication] is { } authentication && TelemetryOptions.IdentityOf(authentication) is { } identity)
            {
                services.PostConfigure<AzureMonitorExporterOptions>(options => options.Credential = new ManagedIdentityCredential(identity));
            }
        }
    }
}
