using System.Globalization;
using QuotaFunctions.TestSupport;
using StackExchange.Redis;

namespace QuotaFunctions.Benchmarks.Peers;

/// <summary>
/// A Redis of its own on a free loopback port, as services that count in it run it: it writes each change to a file, and has the system
/// write that to disk each second (<c>appendfsync everysec</c>).
/// </summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private static readonly TimeSpan SyncInterval = TimeSpan.FromSeconds(1);
    private readonly string _folder = Directory.CreateTempSubdirectory("redis-").FullName;
    private ChildProcess? _process;

    private RedisServer()
    {
        // On a signal, too, it ends with this process.
        AppDomain.CurrentDomain.ProcessExit += (_, _) => KillProcess();
    }

    /// <summary>Where it listens.</summary>
    public int Port { get; } = FreePorts.Take(1)[0];

    /// <summary>Starts one and returns when it answers.</summary>
    public static async Task<RedisServer> StartAsync()
    {
        var redis = new RedisServer();
        await redis.StartAgainAsync();
        return redis;
    }

    /// <summary>Kills it (SIGKILL) and starts it again. The system still has what it wrote.</summary>
    public async Task CrashAsync()
    {
        await EndAsync();
        await StartAgainAsync();
    }

    /// <summary>
    /// What a power cut may do to it at the worst: what it wrote in the last second had not reached the disk. It is killed, its file is cut
    /// to the length of a second before, and it is started again.
    /// </summary>
    public async Task CutPowerAsync()
    {
        var file = Directory.GetFiles(Path.Combine(_folder, "appendonlydir"), "*.incr.aof").Single();
        var synced = new FileInfo(file).Length;
        await Task.Delay(SyncInterval, TimeProvider.System);
        await EndAsync();
        await using (var written = File.OpenWrite(file))
        {
            written.SetLength(synced);
        }

        await StartAgainAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task StartAgainAsync()
    {
        _process = ChildProcess.Start(
            DebianFiles.PathOf("usr/bin/redis-server"),
            [
                "--port", Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", _folder, "--save", "",
                "--appendonly", "yes", "--appendfsync", "everysec", "--auto-aof-rewrite-percentage", "0",
            ],
            _folder,
            new Dictionary<string, string?> { ["LD_LIBRARY_PATH"] = DebianFiles.LibraryPath });
        await Eventually.TrueAsync(
            async () =>
            {
                await using var connection = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{Port},connectTimeout=1000");
                return await connection.GetDatabase().PingAsync() > TimeSpan.Zero;
            },
            what: "Redis answers");
    }

    private async Task EndAsync()
    {
        if (_process is { } process)
        {
            _process = null;
            await process.DisposeAsync();
        }
    }

    private void KillProcess()
    {
        if (_process is { HasExited: false } process)
        {
            process.Kill();
        }
    }
}
