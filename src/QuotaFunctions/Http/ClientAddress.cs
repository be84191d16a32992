using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Http;

/// <summary>Finds out where a request comes from.</summary>
public sealed class ClientAddress(IOptions<ServiceOptions> options)
{
    private readonly string? _header = options.Value.ClientAddressHeader;

    /// <summary>
    /// The address in the header that the settings trust, else the connection's own. Of a list the last counts: that is what
    /// the platform in front saw itself; what stands before it came from the client.
    /// </summary>
    public IPAddress? Of(HttpRequest request)
    {
        if (_header is not null
            && request.Headers.TryGetValue(_header, out var values)
            && values is [.., { } last]
            && Parse(last.AsSpan(last.LastIndexOf(',') + 1).Trim()) is { } address)
        {
            return Unmapped(address);
        }

        return request.HttpContext.Connection.RemoteIpAddress is { } remote ? Unmapped(remote) : null;
    }

    // Some platforms send the port as well
    private static IPAddress? Parse(ReadOnlySpan<char> text) =>
        IPEndPoint.TryParse(text, out var endpoint) ? endpoint.Address : null;

    private static IPAddress Unmapped(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
