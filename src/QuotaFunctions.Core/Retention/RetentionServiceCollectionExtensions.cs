using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Retention;

/// <summary>Registers retention.</summary>
public static class RetentionServiceCollectionExtensions
{
    /// <summary>What deletes what is old. Needs the storage clients, the log and the keys.</summary>
    public static IServiceCollection AddRetention(this IServiceCollection services, IConfiguration configuration) => services
        .AddSettings<RetentionOptions>(configuration, RetentionOptions.Read)
        .AddSingleton<RetentionQueue>()
        .AddSingleton<RetentionRunTable>()
        .AddSingleton<RevokedKeys>()
        .AddSingleton<OldKeys>()
        .AddSingleton<RetentionStages>()
        .AddSingleton<IRetentionService, RetentionService>();
}
