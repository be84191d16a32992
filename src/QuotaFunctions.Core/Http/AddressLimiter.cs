using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Http;

/// <summary>
/// Counts requests by address over a sliding minute, in this process's memory: of as many addresses as the settings say, an IPv6 network of 64 bits
/// being one. Counts are kept by the second and leave when all of it has left the minute, so that no 60 seconds hold more than the limit.
/// </summary>
public sealed class AddressLimiter(IOptions<AddressLimitOptions> options, TimeProvider time)
{
    private readonly int _limit = options.Value.PerMinute;
    private readonly int _maxAddresses = options.Value.MaxAddresses;
    private readonly long _start = time.GetTimestamp();
    private readonly Lock _gate = new();
    private readonly Dictionary<Network, LinkedListNode<Minute>> _minutes = [];

    // The one seen longest ago first
    private readonly LinkedList<Minute> _order = new();
    private volatile bool _isEmpty = true;

    /// <summary>Whether there is a limit.</summary>
    public bool IsOn => _limit > 0;

    /// <summary>Whether requests with a good key or token count as well.</summary>
    public bool CountsAll { get; } = options.Value.Scope == AddressLimitScope.All;

    /// <summary>True where nothing was counted yet, so that nobody is over the limit.</summary>
    public bool IsEmpty => _isEmpty;

    /// <summary>Addresses that are remembered.</summary>
    internal int Count => _minutes.Count;

    /// <summary>Lets a request in, and counts it. What is refused does not count.</summary>
    /// <param name="address">Where it comes from; null where that is not known, which is as good as an address.</param>
    /// <returns>Null when it is let in; else in how long there is room for it, in whole seconds.</returns>
    public TimeSpan? Admit(IPAddress? address)
    {
        lock (_gate)
        {
            var minute = Touch(address);
            if (minute.Sum >= _limit)
            {
                return minute.UntilBelow(_limit);
            }

            minute.Add();
            return null;
        }
    }

    /// <summary>Counts a request that was let in.</summary>
    /// <param name="address">Where it came from.</param>
    public void Add(IPAddress? address)
    {
        lock (_gate)
        {
            Touch(address).Add();
        }
    }

    /// <summary>In how long there is room for one more from an address, in whole seconds; null when there is. Counts nothing.</summary>
    /// <param name="address">The address.</param>
    public TimeSpan? Look(IPAddress? address)
    {
        lock (_gate)
        {
            if (!_minutes.TryGetValue(Network.Of(address), out var node))
            {
                return null;
            }

            node.Value.MoveTo(Now());
            return node.Value.Sum < _limit ? null : node.Value.UntilBelow(_limit);
        }
    }

    private long Now() => (long)time.GetElapsedTime(_start).TotalSeconds;

    private Minute Touch(IPAddress? address)
    {
        var network = Network.Of(address);
        if (!_minutes.TryGetValue(network, out var node))
        {
            if (_minutes.Count >= _maxAddresses)
            {
                _minutes.Remove(_order.First!.Value.Network);
                _order.RemoveFirst();
            }

            node = new LinkedListNode<Minute>(new Minute(network, Now()));
            _minutes.Add(network, node);
            _isEmpty = false;
        }
        else
        {
            _order.Remove(node);
        }

        _order.AddLast(node);
        node.Value.MoveTo(Now());
        return node.Value;
    }

    /// <summary>An IPv4 address, or the first 64 bits of an IPv6 one: who has one of those has all of them.</summary>
    private readonly record struct Network(AddressFamily Family, ulong Bits)
    {
        public static Network Of(IPAddress? address)
        {
            Span<byte> bytes = stackalloc byte[16];
            return address is null || !address.TryWriteBytes(bytes, out var length) ? default
                : length == 4 ? new Network(AddressFamily.InterNetwork, BinaryPrimitives.ReadUInt32BigEndian(bytes))
                : new Network(AddressFamily.InterNetworkV6, BinaryPrimitives.ReadUInt64BigEndian(bytes));
        }
    }

    /// <summary>The last minute of an address.</summary>
    private sealed class Minute(Network network, long now)
    {
        // The present second, and the 60 that are not wholly a minute ago
        private const int Seconds = 61;

        private readonly int[] _counts = new int[Seconds];
        private long _now = now;

        public Network Network => network;

        public int Sum { get; private set; }

        public void MoveTo(long now)
        {
            for (var gone = Math.Min(now - _now, Seconds); gone > 0; gone--)
            {
                ref var count = ref _counts[(now - gone + 1) % Seconds];
                Sum -= count;
                count = 0;
            }

            _now = now;
        }

        public void Add()
        {
            _counts[_now % Seconds]++;
            Sum++;
        }

        public TimeSpan UntilBelow(int limit)
        {
            var left = Sum;
            for (var ahead = 1; ahead < Seconds; ahead++)
            {
                // The second that leaves then
                left -= _counts[(_now + ahead) % Seconds];
                if (left < limit)
                {
                    return TimeSpan.FromSeconds(ahead);
                }
            }

            return TimeSpan.FromSeconds(Seconds);
        }
    }
}
