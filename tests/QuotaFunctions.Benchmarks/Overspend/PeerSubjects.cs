using QuotaFunctions.Benchmarks.Peers;

namespace QuotaFunctions.Benchmarks.Overspend;

/// <summary>The naive loop, behind the same faults as ours.</summary>
internal sealed class NaiveSubject(FaultyStorage storage) : ISubject
{
    private readonly IQuota _quota = Worker.NaiveOn(storage.Azurite.ConnectionString);

    public Task<IAsyncDisposable> StartProcessAsync(int port, CancellationToken cancellationToken) => Worker.StartNaiveAsync(port, storage.Proxy.ConnectionString);

    public async Task<string> CreateKeyAsync(long quota, Uri process, CancellationToken cancellationToken)
    {
        await _quota.PrepareAsync(quota);
        return "none";
    }

    public Task BreakStorageAsync() => Task.CompletedTask;

    public async Task<Books> ReadBooksAsync(Uri process, CancellationToken cancellationToken)
    {
        await storage.CalmAsync();
        return await _quota.ReadBooksAsync();
    }

    public ValueTask DisposeAsync() => storage.DisposeAsync();
}

/// <summary>Check before and charge after, in a Redis that is killed with each process, or has its power cut.</summary>
internal sealed class RedisSubject(RedisServer redis, IQuota counter, bool cutPower) : ISubject
{
    public static async Task<ISubject> StartAsync(bool cutPower)
    {
        var redis = await RedisServer.StartAsync();
        return new RedisSubject(redis, await Worker.RedisOnAsync(Address(redis)), cutPower);
    }

    public Task<IAsyncDisposable> StartProcessAsync(int port, CancellationToken cancellationToken) => Worker.StartRedisAsync(port, Address(redis));

    public async Task<string> CreateKeyAsync(long quota, Uri process, CancellationToken cancellationToken)
    {
        await counter.PrepareAsync(quota);
        return "none";
    }

    public Task BreakStorageAsync() => cutPower ? redis.CutPowerAsync() : redis.CrashAsync();

    public Task<Books> ReadBooksAsync(Uri process, CancellationToken cancellationToken) => counter.ReadBooksAsync();

    public ValueTask DisposeAsync() => redis.DisposeAsync();

    private static string Address(RedisServer redis) => $"127.0.0.1:{redis.Port}";
}
