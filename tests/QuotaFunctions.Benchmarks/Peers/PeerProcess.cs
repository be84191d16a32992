using System.Globalization;
using System.Net;
using System.Net.Sockets;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks.Peers;

/// <summary>A server of Debian's on a free loopback port, with its files in a temporary folder. It ends when this process does, however that ends.</summary>
internal sealed class PeerProcess : IAsyncDisposable
{
    // The shell's standard input is a pipe from this process: when that closes, the program is asked to end.
    private const string EndWithParent = "\"$@\" & program=$!; read -r _; kill -TERM $program; wait $program";

    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(20);
    private readonly ChildProcess _process;
    private readonly string _folder;

    private PeerProcess(ChildProcess process, string folder)
    {
        _process = process;
        _folder = folder;
    }

    /// <summary>Starts one, and returns when it takes connections.</summary>
    /// <param name="program">Its path from the root, without the first slash.</param>
    /// <param name="port">Where it will listen.</param>
    /// <param name="arguments">Its arguments, given its folder.</param>
    public static async Task<PeerProcess> StartAsync(string program, int port, Func<string, IEnumerable<string>> arguments)
    {
        var folder = Directory.CreateTempSubdirectory("peer-").FullName;
        var environment = new Dictionary<string, string?> { ["LD_LIBRARY_PATH"] = DebianFiles.LibraryPath };
        var process = ChildProcess.Start("sh", ["-c", EndWithParent, "sh", DebianFiles.PathOf(program), .. arguments(folder)], folder, environment);
        var peer = new PeerProcess(process, folder);
        try
        {
            await Eventually.TrueAsync(() => AcceptsAsync(port), what: $"{program} listens");
            return peer;
        }
        catch (TimeoutException exception)
        {
            var log = process.Log;
            await peer.DisposeAsync();
            throw new InvalidOperationException($"{program} did not start: {log}", exception);
        }
    }

    /// <summary>A port as programs take it.</summary>
    public static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _process.CloseInput();
        await _process.WaitForExitAsync(EndTimeout);
        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Whether somebody takes connections.</summary>
    public static async Task<bool> AcceptsAsync(int port)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return true;
    }
}
