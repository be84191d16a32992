using System.Net;

namespace QuotaFunctions.Core.Accounts;

/// <summary>Reads an entry of a key's list of addresses: one address, or a network in CIDR notation.</summary>
internal static class AddressRange
{
    public static bool TryParse(string text, out IPNetwork range)
    {
        if (IPAddress.TryParse(text, out var address))
        {
            range = new IPNetwork(address, address.GetAddressBytes().Length * 8);
            return true;
        }

        return IPNetwork.TryParse(text, out range);
    }

    public static IPNetwork Parse(string text) =>
        TryParse(text, out var range) ? range : throw new FormatException($"'{text}' is neither an address nor a network.");
}
