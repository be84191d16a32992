using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace QuotaFunctions.Benchmarks.Peers;

/// <summary>A quota built of nginx, Lua and Redis.</summary>
internal sealed class NginxWithRedis : IAsyncDisposable
{
    private readonly RedisServer _redis;
    private readonly NginxServer _nginx;

    private NginxWithRedis(RedisServer redis, NginxServer nginx)
    {
        _redis = redis;
        _nginx = nginx;
    }

    /// <summary>Where nginx listens.</summary>
    public Uri Address => _nginx.Address;

    /// <summary>Starts both.</summary>
    /// <param name="upstreamPort">Where nginx forwards to.</param>
    public static async Task<NginxWithRedis> StartAsync(int upstreamPort)
    {
        var redis = await RedisServer.StartAsync();
        return new NginxWithRedis(redis, await NginxServer.StartGatewayAsync(redis.Port, upstreamPort));
    }

    /// <summary>Gives keys a quota that no load uses up.</summary>
    public async Task AddKeysAsync(IReadOnlyList<string> secrets)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, _redis.Port);
        await using var stream = new NetworkStream(socket);
        using var answers = new StreamReader(stream, Encoding.ASCII);
        foreach (var secret in secrets)
        {
            // As quota.lua looks for it
#pragma warning disable CA5350 // nginx's Lua has no other hash
            var id = Convert.ToBase64String(SHA1.HashData(Encoding.UTF8.GetBytes(secret)));
#pragma warning restore CA5350
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HSET key:{id} status active expires 4102444800 remaining {QuotaService.PlentyOfQuota}\r\n"));
            if (await answers.ReadLineAsync() != ":3")
            {
                throw new InvalidOperationException("Redis did not take a key.");
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _nginx.DisposeAsync();
        await _redis.DisposeAsync();
    }
}
