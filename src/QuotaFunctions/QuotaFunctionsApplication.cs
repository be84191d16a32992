using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.AdminAudit;
using QuotaFunctions.Core.Alerting;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Mailing;
using QuotaFunctions.Core.Proxying;
using QuotaFunctions.Core.Queues;
using QuotaFunctions.Core.Reporting;
using QuotaFunctions.Core.Retention;
using QuotaFunctions.Core.Subscriptions;
using QuotaFunctions.Core.Telemetry;
using QuotaFunctions.Core.Transfer;
using QuotaFunctions.Core.Usage;
using QuotaFunctions.Http;
using QuotaFunctions.Middleware;
using QuotaFunctions.Telemetry;

namespace QuotaFunctions;

/// <summary>Puts the service together: the only place that does, whichever host it runs in.</summary>
public static class QuotaFunctionsApplication
{
    /// <summary>Registers all services and the worker middleware.</summary>
    /// <param name="app">The worker, after <c>ConfigureFunctionsWebApplication</c>.</param>
    /// <param name="configuration">Where the settings are.</param>
    public static IFunctionsWorkerApplicationBuilder AddQuotaFunctions(this IFunctionsWorkerApplicationBuilder app, IConfiguration configuration)
    {
        app.Services
            .AddServiceSettings(configuration)
            .AddStorage(configuration)
            .AddSingleton<QueueMonitor>()
            .AddAdminAudit()
            .AddAuditing()
            .AddCharging(configuration)
            .AddKeys()
            .AddMailing(configuration)
            .AddUsage()
            .AddReporting(configuration)
            .AddSubscriptions(configuration)
            .AddProxying(configuration)
            .AddAlerting(configuration)
            .AddRetention(configuration)
            .AddTransfer()
            .AddTelemetry(configuration)
            .AddOpenTelemetryExport(configuration)
            .AddHttp();

        return app
            .UseMiddleware<TelemetryMiddleware>()
            .UseMiddleware<LogLevelMiddleware>()
            .UseMiddleware<RefusalMiddleware>()
            .UseMiddleware<RequestIdMiddleware>()
            .UseMiddleware<ErrorMiddleware>()
            .UseMiddleware<AddressLimitMiddleware>()
            .UseMiddleware<AuthorizationMiddleware>()
            .UseMiddleware<AdminAuditMiddleware>()
            .UseMiddleware<QuotaHeadersMiddleware>();
    }

    /// <summary>Runs the host, once its settings are found good; else says what is wrong with them, a line each.</summary>
    /// <returns>The process's exit code.</returns>
    public static async Task<int> RunQuotaFunctionsAsync(this IHost host)
    {
        using (host)
        {
            try
            {
                host.Services.GetService<IStartupValidator>()?.Validate();
            }
            catch (Exception exception) when (SettingErrors.Of(exception) is { } faults)
            {
                foreach (var line in faults)
                {
                    await Console.Error.WriteLineAsync(line);
                }

                return 1;
            }

            await host.RunAsync();
            return Environment.ExitCode;
        }
    }

    private static IServiceCollection AddHttp(this IServiceCollection services)
    {
        services.AddSingleton<AdminTokens>();
        services.AddSingleton<ClientAddress>();
        services.AddSingleton<AddressLimiter>();
        services.AddSingleton<HttpMetrics>();
        services.AddSingleton<AuditedRecords>();

        services.Configure<KestrelServerOptions>(kestrel =>
        {
            kestrel.AddServerHeader = false;

            // Every reader of a body sets a limit of its own, and answers what is above it: see LimitedBodyStream
            kestrel.Limits.MaxRequestBodySize = null;
        });
        return services;
    }
}
