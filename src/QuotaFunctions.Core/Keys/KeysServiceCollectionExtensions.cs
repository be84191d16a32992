using Microsoft.Extensions.DependencyInjection;
using QuotaFunctions.Core.Accounts.Storage;

namespace QuotaFunctions.Core.Keys;

/// <summary>Registers keys and pools.</summary>
public static class KeysServiceCollectionExtensions
{
    /// <summary>What issues, finds and changes keys and pools. Needs the storage clients, the quota engine and usage.</summary>
    public static IServiceCollection AddKeys(this IServiceCollection services) => services
        .AddSingleton<IKeyDirectory, KeyDirectory>()
        .AddSingleton<SecretEndings>()
        .AddSingleton<ISecretCleaner>(provider => provider.GetRequiredService<SecretEndings>())
        .AddSingleton<KeyIndex>()
        .AddSingleton<KeyList>()
        .AddSingleton<IKeyService, KeyService>()
        .AddSingleton<IPoolService, PoolService>();
}
