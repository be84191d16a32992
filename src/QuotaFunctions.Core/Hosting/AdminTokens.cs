using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace QuotaFunctions.Core.Hosting;

/// <summary>What an admin token allows.</summary>
public enum AdminAccess
{
    /// <summary>Nothing: it is not known.</summary>
    None,

    /// <summary>To look.</summary>
    ReadOnly,

    /// <summary>Everything.</summary>
    Full,
}

/// <summary>Knows the admin tokens. Hashes are compared, in constant time: neither content nor length of a token shows in how long it takes.</summary>
public sealed class AdminTokens
{
    private readonly byte[] _full;
    private readonly byte[] _readOnly;

    /// <summary>With the tokens of the settings.</summary>
    public AdminTokens(IOptions<ServiceOptions> options)
    {
        _full = Hash(options.Value.AdminToken);

        // Where there is none, a hash that no token has
        _readOnly = options.Value.AdminReadOnlyToken is { } token ? Hash(token) : RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes);
    }

    /// <summary>What a token allows.</summary>
    public AdminAccess Check(string token)
    {
        var hash = Hash(token);

        // Both, whatever the first says
        var full = CryptographicOperations.FixedTimeEquals(hash, _full);
        var readOnly = CryptographicOperations.FixedTimeEquals(hash, _readOnly);
        return full ? AdminAccess.Full : readOnly ? AdminAccess.ReadOnly : AdminAccess.None;
    }

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
