using System.Net;
using System.Net.Sockets;

namespace QuotaFunctions.Core.Proxying;

/// <summary>The upstream's name stands for an address that must not be called.</summary>
internal sealed class EndpointNotAllowedException(string host) : IOException($"{host} resolves to an address that is not public.");

/// <summary>
/// Connects to upstreams. The addresses are checked here, where they are used: a name that resolves differently a moment
/// later gains nothing. A base URL that itself names an address, or <c>localhost</c>, allows that one.
/// </summary>
/// <param name="resolve">Asks for a name's addresses.</param>
internal sealed class UpstreamConnector(Func<string, CancellationToken, Task<IPAddress[]>> resolve)
{
    /// <summary>With the system's resolver.</summary>
    public UpstreamConnector()
        : this(Dns.GetHostAddressesAsync)
    {
    }

    /// <summary>For <see cref="SocketsHttpHandler.ConnectCallback"/>.</summary>
    public ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken) =>
        ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, cancellationToken);

    /// <summary>Connects to a base URL's host.</summary>
    /// <exception cref="EndpointNotAllowedException">It may not be called.</exception>
    internal async ValueTask<Stream> ConnectAsync(string host, int port, CancellationToken cancellationToken)
    {
        var addresses = await AddressesAsync(host, cancellationToken).ConfigureAwait(false);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The addresses that a host may be called at.</summary>
    /// <exception cref="EndpointNotAllowedException">There is none.</exception>
    internal async Task<IPAddress[]> AddressesAsync(string host, CancellationToken cancellationToken)
    {
        // Only hosts of base URLs get here: an address among them is named by the base URL
        if (IPAddress.TryParse(host, out var named))
        {
            return [named];
        }

        var addresses = await resolve(host, cancellationToken).ConfigureAwait(false);
        Func<IPAddress, bool> mayBeCalled = host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            ? IPAddress.IsLoopback
            : static address => !UpstreamAddress.IsPrivate(address);
        var allowed = Array.FindAll(addresses, address => mayBeCalled(address));
        return allowed.Length > 0 ? allowed : throw new EndpointNotAllowedException(host);
    }
}
