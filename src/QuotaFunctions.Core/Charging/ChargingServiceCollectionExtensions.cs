using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Charging;

/// <summary>Registers the quota engine.</summary>
public static class ChargingServiceCollectionExtensions
{
    /// <summary>The engine with its writers and its store. Needs the storage clients, the key directory and the log.</summary>
    public static IServiceCollection AddCharging(this IServiceCollection services, IConfiguration configuration) => services
        .AddSettings<QuotaEngineOptions>(configuration, QuotaEngineOptions.Read)
        .AddMetrics()
        .AddSingleton<StorageMetrics>()
        .AddSingleton<ChargingMetrics>()
        .AddSingleton<IAccountStore, TableAccountStore>()
        .AddSingleton<OpenAccountIndex>()
        .AddSingleton<MarkIndex>()
        .AddSingleton(provider => ActivatorUtilities.CreateInstance<WriterContext>(
            provider, provider.GetRequiredService<IOptions<QuotaEngineOptions>>().Value, provider.GetRequiredService<InstanceIdentity>().Id))
        .AddSingleton<AccountWriters>()
        .AddSingleton<IQuotaEngine, QuotaEngine>();
}
