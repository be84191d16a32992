using System.Net;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Quotas;

namespace QuotaFunctions.Core.Proxying;

/// <summary>Whether a key's holder may ask for what costs nothing.</summary>
public static class KeyAccess
{
    /// <summary>Why not; null where nothing stands against it.</summary>
    public static ChargeRefusal? Refusal(ApiKey? key, IPAddress? address, DateTimeOffset now) => key switch
    {
        null => ChargeRefusal.KeyInvalid,
        { Status: KeyStatus.Revoked } => ChargeRefusal.KeyRevoked,
        _ when key.Settings.ExpiresAt <= now => ChargeRefusal.KeyExpired,
        { Status: KeyStatus.Disabled } => ChargeRefusal.KeyDisabled,
        _ when !IsAllowed(key.Settings.AllowedIps, address) => ChargeRefusal.AddressNotAllowed,
        _ => null,
    };

    private static bool IsAllowed(IReadOnlyList<string> allowed, IPAddress? address) =>
        allowed.Count == 0 || (address is not null && allowed.Any(range => AddressRange.Parse(range).Contains(address)));
}
