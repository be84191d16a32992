using System.Net;
using System.Net.Sockets;

namespace QuotaFunctions.TestSupport;

/// <summary>
/// Loopback ports for programs that must come back on the port they had. They lie below the range that the system takes
/// for outgoing connections: there a client that keeps dialling a stopped server can end up connected to itself.
/// </summary>
internal static class FreePorts
{
    private const int First = 15000;
    private const int Last = 30000;

    public static int[] Take(int count)
    {
        var listeners = new List<TcpListener>(count);
        try
        {
            while (listeners.Count < count)
            {
                var listener = new TcpListener(IPAddress.Loopback, Random.Shared.Next(First, Last));
                try
                {
                    listener.Start();
                    listeners.Add(listener);
                }
                catch (SocketException)
                {
                    listener.Dispose();
                }
            }

            return [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        }
        finally
        {
            listeners.ForEach(listener => listener.Dispose());
        }
    }
}
