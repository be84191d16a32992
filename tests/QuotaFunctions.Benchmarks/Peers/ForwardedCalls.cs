using QuotaFunctions.Benchmarks.Loads;

namespace QuotaFunctions.Benchmarks.Peers;

/// <summary>Calls that are forwarded to the upstream, which has an answer for each shape, and those that gateways are compared by in more than one suite.</summary>
internal static class ForwardedCalls
{
    public const string Portkey = "Portkey";
    public const string Redis = "nginx + Redis";
    public const string Plain = "plain-1kb";

    /// <summary>The shapes: what the answer is, and of how many clients.</summary>
    public static IReadOnlyList<(string Name, int Clients, bool IsLarge)> Shapes { get; } =

        // Of 1 MB 8 are under way, which is as much as the machine can do at a time
        [(Plain, 64, false), ("stream-1kb", 64, false), ("plain-1mb", 8, true), ("stream-1mb", 8, true)];

    /// <summary>Settings by which the service has a provider for each shape.</summary>
    public static Dictionary<string, string?> ProvidersAt(Uri upstream)
    {
        var settings = new Dictionary<string, string?> { ["DefaultProvider"] = Plain };
        foreach (var (shape, _, _) in Shapes)
        {
            settings[$"Providers__{shape}__BaseUrl"] = $"{upstream}{shape}/v1";
            settings[$"Providers__{shape}__ApiKey"] = "an-upstream-key";
        }

        return settings;
    }

    /// <summary>Where the upstream itself answers.</summary>
    public static string PathAtUpstream(string shape) => $"/{shape}/v1/chat/completions";

    /// <summary>Calls of a shape.</summary>
    public static Subject Of(string name, Uri address, string path, (string, string)[] headers, string shape, int clients, Func<Task>? settle = null)
    {
        var body = $$"""{"model":"bench","messages":[{"role":"user","content":"Hello"}],"stream":{{(shape.StartsWith("stream", StringComparison.Ordinal) ? "true" : "false")}}}""";
        return new Subject(name, new HttpLoad(address, [HttpMessages.Post(path, body, headers)], clients).RunAsync, settle);
    }

    /// <summary>By the service, which is also to write its log.</summary>
    public static Subject OfService(QuotaService service, string key, string shape, int clients) =>
        Of(Subjects.Service, service.Address, $"/providers/{shape}/v1/chat/completions", [("X-API-Key", key)], shape, clients, service.WaitForLogAsync);

    /// <summary>By Portkey.</summary>
    public static Subject OfPortkey(PortkeyGateway portkey, Uri upstream, string shape, int clients) => Of(
        Portkey, portkey.Address, "/v1/chat/completions",
        [("x-portkey-provider", "openai"), ("x-portkey-custom-host", $"{upstream}{shape}/v1"), ("Authorization", "Bearer an-upstream-key")], shape, clients);

    /// <summary>By nginx with a quota in Redis, which knows the key.</summary>
    public static Subject OfRedis(NginxWithRedis redis, string key, string shape, int clients) =>
        Of(Redis, redis.Address, $"/quota/{shape}/v1/chat/completions", [("X-API-Key", key)], shape, clients);
}
