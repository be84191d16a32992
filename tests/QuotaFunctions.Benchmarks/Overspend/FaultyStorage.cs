using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks.Overspend;

/// <summary>
/// An Azurite behind a proxy that delays requests, cuts their connections before and after they were carried out, answers them 500 and 503,
/// and carries them out twice: each for one in a hundred.
/// </summary>
internal sealed class FaultyStorage(AzuriteProcess azurite, StorageFaultProxy proxy) : IAsyncDisposable
{
    private const double ShareOfEach = 0.01;

    public AzuriteProcess Azurite => azurite;

    public StorageFaultProxy Proxy => proxy;

    public static async Task<FaultyStorage> StartAsync(int seed, CancellationToken cancellationToken)
    {
        // In memory: a million rows would be written to disk again every five seconds.
        var azurite = await AzuriteProcess.StartAsync(inMemory: true, cancellationToken);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => _ = azurite.StopAsync();
        var proxy = await StorageFaultProxy.StartAsync(azurite, cancellationToken);
        proxy.Decide = RandomFaults.Of(seed, ShareOfEach).Decide;
        return new FaultyStorage(azurite, proxy);
    }

    /// <summary>No more faults, and nothing on its way any more.</summary>
    public async Task CalmAsync()
    {
        proxy.Decide = _ => StorageFault.None;
        await proxy.SettleAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await proxy.DisposeAsync();
        await azurite.DisposeAsync();
    }
}
