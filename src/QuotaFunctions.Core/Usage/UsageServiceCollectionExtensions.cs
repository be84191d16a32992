using Microsoft.Extensions.DependencyInjection;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Keys;

namespace QuotaFunctions.Core.Usage;

/// <summary>Registers what tells of usage.</summary>
public static class UsageServiceCollectionExtensions
{
    /// <summary>Usage. Needs the log and the keys.</summary>
    public static IServiceCollection AddUsage(this IServiceCollection services) => services
        .AddSingleton<ISweepFollowUp, UsageProjector>()
        .AddSingleton<RecentUsage>()
        .AddSingleton<IKeyStandings, KeyStandings>()
        .AddSingleton<IUsageReader, UsageReader>()
        .AddSingleton<RefusalCounter>()
        .AddSingleton<IRefusalStore, RefusalTable>()
        .AddSingleton<RefusalReader>()
        .AddSingleton<IRefusalFolder, RefusalFolder>()
        .AddHostedService<RefusalFlush>();
}
