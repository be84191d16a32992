using System.Net;
using System.Net.Sockets;

namespace QuotaFunctions.TestSupport;

/// <summary>
/// Loopback ports for programs that must come back on the port they had. They lie below the range that the system takes
/// for outgoing connections: there a client that keeps dialling a stopped server can end up connected to itself.
/// </summary>
public static class FreePorts
{
    private const int First = 15000;
    private const int Last = 30000;

    /// <summary>So many free ports in a row.</summary>
    public static int[] Take(int count)
    {
        while (true)
        {
            var ports = Enumerable.Range(Random.Shared.Next(First, Last), count).ToArray();
            if (Array.TrueForAll(ports, IsFree))
            {
                return ports;
            }
        }
    }

    /// <summary>Whether nobody listens on a port.</summary>
    public static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
