using Microsoft.Extensions.DependencyInjection;
using QuotaFunctions.Benchmarks.Peers;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;

namespace QuotaFunctions.Benchmarks.Loads;

/// <summary>Keys by the ten thousand, written straight into their tables; only the index is left out that lists go by.</summary>
internal static class ManyKeys
{
    private const int AtOnce = 64;

    /// <summary>Adds some, and returns their secrets.</summary>
    public static async Task<IReadOnlyList<string>> AddAsync(EngineInstance engine, int count)
    {
        var directory = engine.Services.GetRequiredService<IKeyDirectory>();
        var store = engine.Services.GetRequiredService<IAccountStore>();
        var secrets = new string[count];
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (index, cancellationToken) =>
        {
            var secret = KeySecret.New("bench");
            var key = NewKey(secret);
            await directory.AddAsync(secret, key.Locator, cancellationToken);
            await store.TryAddKeyAsync(key, cancellationToken);
            secrets[index] = secret.Reveal();
        });
        return secrets;
    }

    /// <summary>The record of a key that is not stored yet.</summary>
    public static KeyState NewKey(KeySecret secret)
    {
        var settings = new KeySettings { Name = "benchmark", Quota = QuotaService.PlentyOfQuota };
        return new KeyState
        {
            Locator = KeyLocator.New(poolId: null),
            Prefix = "bench",
            Settings = settings,
            CreatedAt = TimeProvider.System.GetUtcNow(),
            Secrets = [new SecretHash(secret.Hash)],
            Balance = new QuotaBalance { Type = settings.QuotaType, Unit = settings.Unit, Quota = settings.Quota },
            Rate = new RateWindow(),
        };
    }
}
