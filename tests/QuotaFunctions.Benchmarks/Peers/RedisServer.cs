using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks.Peers;

/// <summary>A Redis that appends what it is told to a file, and has that written through each second.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private readonly PeerProcess _process;

    private RedisServer(PeerProcess process, int port)
    {
        _process = process;
        Port = port;
    }

    /// <summary>Where it listens.</summary>
    public int Port { get; }

    /// <summary>Starts one and returns when it answers.</summary>
    public static async Task<RedisServer> StartAsync()
    {
        var port = FreePorts.Take(1)[0];
        return new RedisServer(
            await PeerProcess.StartAsync("usr/bin/redis-server", port, folder =>
            [
                "--bind", "127.0.0.1", "--port", PeerProcess.Text(port), "--dir", folder,
                "--appendonly", "yes", "--appendfsync", "everysec", "--save", "",
            ]),
            port);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
