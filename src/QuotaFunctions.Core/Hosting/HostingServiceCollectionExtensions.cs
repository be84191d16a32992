using Microsoft.Extensions.Azure;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace QuotaFunctions.Core.Hosting;

/// <summary>Registers what everything else stands on.</summary>
public static class HostingServiceCollectionExtensions
{
    /// <summary>The clock, the log's level and the settings of the service as a whole.</summary>
    public static IServiceCollection AddServiceSettings(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);

        // Not by the options: the log must work when they are not valid
        var levels = new LogLevels(LogLevels.Parse(configuration[LogLevels.Setting]) ?? LogLevel.Information);
        services.AddLogging();
        services.AddSingleton(levels);
        services.AddSingleton<IConfigureOptions<LoggerFilterOptions>>(levels);
        services.AddSingleton<IOptionsChangeTokenSource<LoggerFilterOptions>>(levels);
        return services
            .AddSettings<ServiceOptions>(configuration, ServiceOptions.Read)
            .AddSettings<AddressLimitOptions>(configuration, AddressLimitOptions.Read);
    }

    /// <summary>The storage clients, the names of tables and queues, and what makes and checks these.</summary>
    public static IServiceCollection AddStorage(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddAzureClientsCore();
        services.AddSettings<StorageOptions, AzureComponentFactory>(configuration, StorageOptions.Read);
        services.AddSingleton(provider => StorageClients.Tables(provider.GetRequiredService<IOptions<StorageOptions>>().Value));
        services.AddSingleton(provider => StorageClients.Queues(provider.GetRequiredService<IOptions<StorageOptions>>().Value));
        services.AddSingleton<StorageNames>();
        services.AddSingleton<TemporaryLogLevel>();
        services.AddSingleton<IStorageSetup, StorageSetup>();
        services.AddHostedService<StorageInitializer>();
        services.AddHealthChecks().AddVital<TableCheck>("table").AddVital<QueueCheck>("queue");
        services.AddSingleton<VitalHealth>();
        return services;
    }
}
