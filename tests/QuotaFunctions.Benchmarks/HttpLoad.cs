using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace QuotaFunctions.Benchmarks;

/// <summary>
/// Clients that send one request over and over, each on a connection of its own, as soon as they are answered. One thread and no
/// HTTP library: what the load takes of the processor, the service does not get.
/// </summary>
internal sealed class HttpLoad
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);
    private readonly IReadOnlyList<Uri> _targets;
    private readonly int _clients;
    private readonly IReadOnlyList<byte[]> _requests;
    private readonly int _expectedStatus;

    /// <param name="targets">The services; the clients are spread over them evenly.</param>
    /// <param name="clients">How many.</param>
    /// <param name="secrets">The keys that are charged: one for each service, or one for all.</param>
    /// <param name="expectedStatus">The status that counts as success.</param>
    public HttpLoad(IReadOnlyList<Uri> targets, int clients, IReadOnlyList<string> secrets, int expectedStatus = 200)
    {
        _targets = targets;
        _clients = clients;
        _expectedStatus = expectedStatus;
        const string body = """{"cost":1}""";
        _requests = [.. secrets.Select(secret => Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"POST /quota/consume HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: {secret}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}")))];
    }

    /// <summary>Lets them run for a while, and says what they got: in all, and of each service.</summary>
    public Task<(Measurement All, IReadOnlyList<int> ByTarget)> RunAsync(TimeSpan duration) =>
        Task.Factory.StartNew(() => Run(duration), TaskCreationOptions.LongRunning);

    private (Measurement All, IReadOnlyList<int> ByTarget) Run(TimeSpan duration)
    {
        var clock = TimeProvider.System;
        var connections = Enumerable.Range(0, _clients).Select(Connect).ToList();
        try
        {
            var bySocket = connections.ToDictionary(connection => connection.Socket);
            var start = clock.GetTimestamp();
            connections.ForEach(connection => connection.Send(start));
            var waiting = connections.Count;
            var readable = new List<Socket>(connections.Count);
            while (waiting > 0 && clock.GetElapsedTime(start) < duration + Grace)
            {
                readable.Clear();
                readable.AddRange(bySocket.Keys);
                Socket.Select(readable, null, null, TimeSpan.FromSeconds(1));
                foreach (var socket in readable)
                {
                    var connection = bySocket[socket];
                    if (!connection.TryReceive(clock))
                    {
                        continue;
                    }

                    var now = clock.GetTimestamp();
                    if (clock.GetElapsedTime(start, now) < duration)
                    {
                        connection.Send(now);
                    }
                    else
                    {
                        waiting--;
                    }
                }
            }

            var all = Measurement.Of(connections.Select(connection => connection.Tally), clock.GetElapsedTime(start));
            var byTarget = _targets.Select((_, target) => connections.Where((_, index) => index % _targets.Count == target).Sum(it => it.Tally.Latencies.Count));
            return (all, [.. byTarget]);
        }
        finally
        {
            connections.ForEach(connection => connection.Socket.Dispose());
        }
    }

    private Connection Connect(int index)
    {
        var target = index % _targets.Count;
        return new Connection(_targets[target], _requests[target % _requests.Count], _expectedStatus);
    }

    private sealed class Connection
    {
        private readonly byte[] _buffer = new byte[8192];
        private readonly byte[] _request;
        private readonly int _expectedStatus;
        private int _length;
        private long _sentAt;

        public Connection(Uri target, byte[] request, int expectedStatus)
        {
            _request = request;
            _expectedStatus = expectedStatus;
            Socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            Socket.Connect(IPAddress.Loopback, target.Port);
        }

        public Socket Socket { get; }

        public Tally Tally { get; } = new();

        public void Send(long now)
        {
            _length = 0;
            _sentAt = now;
            Socket.Send(_request);
        }

        /// <summary>Takes what came. True where that completes the answer.</summary>
        public bool TryReceive(TimeProvider clock)
        {
            var received = Socket.Receive(_buffer.AsSpan(_length));
            if (received == 0)
            {
                throw new IOException("The service closed a connection.");
            }

            _length += received;
            var answer = _buffer.AsSpan(0, _length);
            var headers = answer.IndexOf("\r\n\r\n"u8);
            if (headers < 0 || _length < headers + 4 + ContentLength(answer[..headers]))
            {
                return false;
            }

            var status = int.Parse(answer.Slice("HTTP/1.1 ".Length, 3), CultureInfo.InvariantCulture);
            Tally.Add(status == _expectedStatus, clock.GetElapsedTime(_sentAt));
            return true;
        }

        private static int ContentLength(ReadOnlySpan<byte> headers)
        {
            var name = "Content-Length: "u8;
            var value = headers[(headers.IndexOf(name) + name.Length)..];
            var end = value.IndexOf((byte)'\r');
            return int.Parse(end < 0 ? value : value[..end], CultureInfo.InvariantCulture);
        }
    }
}
