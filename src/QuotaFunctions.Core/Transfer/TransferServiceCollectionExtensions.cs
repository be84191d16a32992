using Microsoft.Extensions.DependencyInjection;

namespace QuotaFunctions.Core.Transfer;

/// <summary>Registers export and import.</summary>
public static class TransferServiceCollectionExtensions
{
    /// <summary>What carries everything away, and brings it back. Needs the storage clients, the log and the keys.</summary>
    public static IServiceCollection AddTransfer(this IServiceCollection services) => services
        .AddSingleton<AccountReader>()
        .AddSingleton<IExporter, Exporter>()
        .AddSingleton<AccountImport.Factory>(provider => (import, plan) => ActivatorUtilities.CreateInstance<AccountImport>(provider, import, plan))
        .AddSingleton<IImporter, Importer>();
}
