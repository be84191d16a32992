using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks.Peers;

/// <summary>An nginx with Lua, in one of the roles of <c>Peers/nginx</c>.</summary>
internal sealed class NginxServer : IAsyncDisposable
{
    private static readonly string Here = Repository.PathOf("tests", "QuotaFunctions.Benchmarks", "Peers", "nginx");
    private readonly PeerProcess _process;

    private NginxServer(PeerProcess process, int port)
    {
        _process = process;
        Address = new Uri($"http://127.0.0.1:{port}");
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>The upstream of all gateways: it answers with what it made when it started.</summary>
    public static Task<NginxServer> StartUpstreamAsync() => StartAsync("upstream", FreePorts.Take(1)[0], []);

    /// <summary>What is built of nginx and Redis.</summary>
    public static Task<NginxServer> StartGatewayAsync(int redisPort, int upstreamPort) =>
        StartAsync("gateway", FreePorts.Take(1)[0], new() { ["redis"] = redisPort, ["upstream"] = upstreamPort });

    /// <summary>What stands before a storage and counts the calls to it.</summary>
    /// <param name="ports">Where it listens for calls of tables, for calls of queues, and for those who ask how many there were.</param>
    /// <param name="tablesPort">The port of the storage's tables.</param>
    /// <param name="queuesPort">The port of its queues.</param>
    public static Task<NginxServer> StartStorageCounterAsync(int[] ports, int tablesPort, int queuesPort) =>
        StartAsync("storage", ports[0], new() { ["queuePort"] = ports[1], ["statusPort"] = ports[2], ["tables"] = tablesPort, ["queues"] = queuesPort });

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static async Task<NginxServer> StartAsync(string role, int port, Dictionary<string, int> ports)
    {
        var servers = await File.ReadAllTextAsync(Path.Combine(Here, role + ".conf"));
        foreach (var (name, value) in ports.Append(new("port", port)))
        {
            servers = servers.Replace($"{{{name}}}", PeerProcess.Text(value), StringComparison.Ordinal);
        }

        var text = (await File.ReadAllTextAsync(Path.Combine(Here, "nginx.conf")))
            .Replace("{modules}", DebianFiles.PathOf("usr/lib/nginx/modules"), StringComparison.Ordinal)
            .Replace("{lua}", DebianFiles.PathOf("usr/share/lua/5.1"), StringComparison.Ordinal)
            .Replace("{here}", Here, StringComparison.Ordinal)
            .Replace("{user}", Environment.UserName, StringComparison.Ordinal)
            .Replace("{servers}", servers, StringComparison.Ordinal);
        var process = await PeerProcess.StartAsync("usr/sbin/nginx", port, folder =>
        {
            var file = Path.Combine(folder, "nginx.conf");
            File.WriteAllText(file, text);
            return ["-p", folder, "-e", "stderr", "-c", file];
        });
        return new NginxServer(process, port);
    }
}
