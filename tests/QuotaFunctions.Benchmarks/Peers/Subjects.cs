using QuotaFunctions.Benchmarks.Loads;

namespace QuotaFunctions.Benchmarks.Peers;

/// <summary>Those that charges are compared by in more than one suite.</summary>
internal static class Subjects
{
    public const string Service = "QuotaFunctions";
    public const string Naive = "naive loop";
    public const string Redis = "nginx + Lua + Redis";
    public const string Host = "the host without quota";

    /// <summary>A request that the service's host answers by itself.</summary>
    public static byte[] Nothing { get; } = HttpMessages.Get("/healthz");

    /// <summary>The service, which is also to write its log.</summary>
    public static Subject OfService(QuotaService service, IReadOnlyList<byte[]> charges, int clients) =>
        new(Service, new HttpLoad(service.Address, charges, clients).RunAsync, service.WaitForLogAsync);

    /// <summary>The naive loop.</summary>
    public static Subject OfNaive(NaiveLoop naive, int clients) =>
        new(Naive, (duration, _) => Clients.RunAsync(clients, duration, naive.TakeAsync)) { HasRate = false };

    /// <summary>A quota of nginx, Lua and Redis, which knows the keys.</summary>
    public static Subject OfRedis(NginxWithRedis redis, IReadOnlyList<byte[]> charges, int clients) => new(Redis, new HttpLoad(redis.Address, charges, clients).RunAsync);

    /// <summary>The service's host, without any quota.</summary>
    public static Subject OfHost(QuotaService service, int clients) => new(Host, new HttpLoad(service.Address, [Nothing], clients).RunAsync);
}
