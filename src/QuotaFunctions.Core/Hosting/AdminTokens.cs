using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
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
public sealed partial class AdminTokens
{
    private readonly byte[] _full;
    private readonly byte[] _readOnly;

    /// <summary>With the tokens of the settings. Warns of those that are short.</summary>
    public AdminTokens(IOptions<ServiceOptions> options, ILogger<AdminTokens> logger)
    {
        WarnIfShort(logger, "ADMIN_TOKEN", options.Value.AdminToken);
        WarnIfShort(logger, "ADMIN_READONLY_TOKEN", options.Value.AdminReadOnlyToken);
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

    private static void WarnIfShort(ILogger logger, string setting, string? token)
    {
        if (token is { Length: < ServiceOptions.GoodTokenLength })
        {
            ShortToken(logger, setting, ServiceOptions.GoodTokenLength);
        }
    }

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    [LoggerMessage(1301, LogLevel.Warning, "{Setting} is shorter than {Length} characters: set it to a random secret, for example the output of `openssl rand -hex 32`.")]
    private static partial void ShortToken(ILogger logger, string setting, int length);
}
