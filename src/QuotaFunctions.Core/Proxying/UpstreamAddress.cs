using System.Net;
using System.Net.Sockets;

namespace QuotaFunctions.Core.Proxying;

/// <summary>Tells the addresses of the public Internet from those that nobody outside should make us call.</summary>
internal static class UpstreamAddress
{
    private static readonly IPNetwork[] NotPublic =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16",
            "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4",

            // Azure's own services for virtual machines: a public address that answers only inside
            "168.63.129.16/32",

            // Unspecified, loopback and whatever else of ::/96 stands for an IPv4 address; a network's own NAT64; Teredo
            "::/96", "64:ff9b:1::/48", "2001::/32", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
        }.Select(network => IPNetwork.Parse(network)),
    ];

    // IPv6 addresses that stand for an IPv4 one: translated (NAT64), and tunnelled (6to4)
    private static readonly (IPNetwork Network, int Offset)[] Embedding = [(IPNetwork.Parse("64:ff9b::/96"), 12), (IPNetwork.Parse("2002::/16"), 2)];

    /// <summary>True for a private, loopback, link-local or other address that is not of the public Internet.</summary>
    public static bool IsPrivate(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        foreach (var (network, offset) in Embedding)
        {
            if (network.Contains(address))
            {
                address = new IPAddress(address.GetAddressBytes().AsSpan(offset, 4));
            }
        }

        foreach (var network in NotPublic)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }

        return address.AddressFamily is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6);
    }
}
