using System.Net;
using System.Net.Sockets;

namespace QuotaFunctions.Benchmarks.Loads;

/// <summary>Who is asked, and what: requests that are sent in turn.</summary>
internal sealed record LoadTarget(Uri Address, IReadOnlyList<byte[]> Requests);

/// <summary>
/// Clients on a connection each. One thread and no HTTP library: what the load takes of the processor, those who are measured do not get.
/// </summary>
/// <param name="targets">The services; the clients are spread over them evenly.</param>
/// <param name="clients">How many.</param>
/// <param name="expectedStatus">The status that counts as success.</param>
internal sealed class HttpLoad(IReadOnlyList<LoadTarget> targets, int clients, int expectedStatus = 200)
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);
    private static readonly TimeProvider Clock = TimeProvider.System;

    /// <summary>A load on one service.</summary>
    public HttpLoad(Uri address, IReadOnlyList<byte[]> requests, int clients, int expectedStatus = 200)
        : this([new LoadTarget(address, requests)], clients, expectedStatus)
    {
    }

    /// <summary>Lets them run for a while, and says what they got.</summary>
    /// <param name="duration">How long.</param>
    /// <param name="rate">
    /// Requests a second, due at even distances and sent by whoever is free; a latency counts from when the request was due. Without it
    /// each client asks again as soon as it is answered.
    /// </param>
    public async Task<Measurement> RunAsync(TimeSpan duration, double? rate = null) => (await RunOnEachAsync(duration, rate)).All;

    /// <summary>The same, and how many answers each service gave.</summary>
    public Task<(Measurement All, IReadOnlyList<int> ByTarget)> RunOnEachAsync(TimeSpan duration, double? rate = null) =>
        Task.Factory.StartNew(() => Run(duration, rate), TaskCreationOptions.LongRunning);

    private (Measurement All, IReadOnlyList<int> ByTarget) Run(TimeSpan duration, double? rate)
    {
        var connections = new List<Connection>();
        try
        {
            for (var client = 0; client < clients; client++)
            {
                connections.Add(new Connection(client, targets[client % targets.Count], client / targets.Count, expectedStatus));
            }

            var start = Clock.GetTimestamp();
            var late = new Sender(connections, start, duration, rate).Run();
            var all = Measurement.Of(connections.Select(connection => connection.Tally), Clock.GetElapsedTime(start), late);
            var byTarget = targets.Select((_, target) => connections.Where((_, index) => index % targets.Count == target).Sum(it => it.Tally.Latencies.Count));
            return (all, [.. byTarget]);
        }
        finally
        {
            connections.ForEach(connection => connection.Socket.Dispose());
        }
    }

    /// <summary>Decides who sends when.</summary>
    private sealed class Sender(List<Connection> connections, long start, TimeSpan duration, double? rate)
    {
        private readonly Stack<Connection> _idle = new(connections);
        private readonly byte[] _buffer = new byte[256 * 1024];

        // Not after those who wait for their turn: a server may close their connections
        private readonly Poller _poller = new(connections.Count);
        private long _sent;

        /// <summary>Runs to the end; returns how many requests have not been answered.</summary>
        public int Run()
        {
            while (true)
            {
                SendWhatIsDue();
                var elapsed = Clock.GetElapsedTime(start);
                if (elapsed >= duration + Grace || (elapsed >= duration && _idle.Count == connections.Count))
                {
                    return connections.Count - _idle.Count + (rate is { } perSecond ? (int)Math.Max(0, (duration.TotalSeconds * perSecond) - _sent) : 0);
                }

                _poller.Wait(Patience(elapsed));
                foreach (var connection in connections)
                {
                    if (_poller.IsReady(connection.Index) && connection.TryReceive(_buffer))
                    {
                        _poller.Watch(connection.Index, null);
                        _idle.Push(connection);
                    }
                }
            }
        }

        private void SendWhatIsDue()
        {
            while (_idle.Count > 0)
            {
                var due = rate is { } perSecond ? TimeSpan.FromSeconds(_sent / perSecond) : Clock.GetElapsedTime(start);
                if (due >= duration || Clock.GetElapsedTime(start) < due)
                {
                    return;
                }

                var connection = _idle.Pop();
                connection.Send(start + (long)(due.TotalSeconds * Clock.TimestampFrequency));
                _poller.Watch(connection.Index, connection.Socket);
                _sent++;
            }
        }

        private TimeSpan Patience(TimeSpan elapsed)
        {
            var next = rate is { } perSecond && _idle.Count > 0 ? TimeSpan.FromSeconds(_sent / perSecond) - elapsed : TimeSpan.FromSeconds(1);
            return next < TimeSpan.Zero ? TimeSpan.Zero : next;
        }
    }

    private sealed class Connection
    {
        private readonly LoadTarget _target;
        private readonly int _expectedStatus;
        private readonly AnswerReader _answer = new();
        private int _next;
        private long _dueAt;
        private TimeSpan? _firstByte;

        public Connection(int index, LoadTarget target, int number, int expectedStatus)
        {
            Index = index;
            _target = target;
            _expectedStatus = expectedStatus;

            // Each begins elsewhere: no two of them ask for the same one after the other
            _next = number * 7919 % target.Requests.Count;
            Socket = Connect();
        }

        public int Index { get; }

        public Socket Socket { get; private set; }

        public Tally Tally { get; } = new();

        public void Send(long dueAt)
        {
            _dueAt = dueAt;
            _firstByte = null;
            _answer.Reset();
            Socket.Send(_target.Requests[_next]);
            _next = (_next + 1) % _target.Requests.Count;
        }

        /// <summary>Takes what came. True where that completes the answer, or where there will be none.</summary>
        public bool TryReceive(byte[] buffer)
        {
            var received = Receive(buffer);
            if (received == 0)
            {
                Tally.AddFailure();
                Socket.Dispose();
                Socket = Connect();
                return true;
            }

            var isWhole = _answer.Read(buffer.AsSpan(0, received));
            if (_answer.HasBody)
            {
                _firstByte ??= Clock.GetElapsedTime(_dueAt);
            }

            if (isWhole)
            {
                var latency = Clock.GetElapsedTime(_dueAt);
                Tally.Add(_answer.Status == _expectedStatus, latency, _firstByte ?? latency);
            }

            return isWhole;
        }

        private Socket Connect()
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Connect(IPAddress.Loopback, _target.Address.Port);
            return socket;
        }

        private int Receive(byte[] buffer)
        {
            try
            {
                return Socket.Receive(buffer);
            }
            catch (SocketException)
            {
                return 0;
            }
        }
    }
}
