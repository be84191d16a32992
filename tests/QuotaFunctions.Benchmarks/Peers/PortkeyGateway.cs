using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks.Peers;

/// <summary>Portkey's gateway on Node, as its package starts it.</summary>
internal sealed class PortkeyGateway : IAsyncDisposable
{
    /// <summary>Where npm has put it.</summary>
    public static readonly string Package = Repository.PathOf("tests", "QuotaFunctions.Benchmarks", "Peers", "node_modules", "@portkey-ai", "gateway");

    private readonly ChildProcess _process;

    private PortkeyGateway(ChildProcess process, int port)
    {
        _process = process;
        Address = new Uri($"http://127.0.0.1:{port}");
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>Starts one and returns when it answers.</summary>
    public static async Task<PortkeyGateway> StartAsync()
    {
        var port = FreePorts.Take(1)[0];

        // Headless: without its page that shows every request
        var process = ChildProcess.StartNode([Path.Combine(Package, "build", "start-server.js"), $"--port={port}", "--headless"], Package);
        await Eventually.TrueAsync(() => PeerProcess.AcceptsAsync(port), what: "Portkey listens");
        return new PortkeyGateway(process, port);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
