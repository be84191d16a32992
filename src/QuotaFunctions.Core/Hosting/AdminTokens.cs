using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace QuotaFunctions.Core.Hosting;

/// <summary>Knows the admin tokens. Hashes are compared, in constant time: neither content nor length of a token shows in how long it takes.</summary>
public sealed partial class AdminTokens
{
    /// <summary>The name of the holder of <c>ADMIN_TOKEN</c>.</summary>
    public const string FullName = "admin";

    /// <summary>The name of the holder of <c>ADMIN_READONLY_TOKEN</c>.</summary>
    public const string ReadOnlyName = "admin_readonly";

    private readonly (byte[] Hash, AdminPrincipal Principal)[] _known;

    /// <summary>With the tokens of the settings. Warns of those that are short.</summary>
    public AdminTokens(IOptions<ServiceOptions> options, ILogger<AdminTokens> logger)
    {
        var known = new List<(byte[] Hash, AdminPrincipal Principal)>();
        Add("ADMIN_TOKEN", options.Value.AdminToken, new AdminPrincipal(FullName, IsReadOnly: false));
        Add("ADMIN_READONLY_TOKEN", options.Value.AdminReadOnlyToken, new AdminPrincipal(ReadOnlyName, IsReadOnly: true));
        known.AddRange(options.Value.NamedAdminTokens.Select(token => (Convert.FromHexString(token.Sha256), new AdminPrincipal(token.Name, token.IsReadOnly, token.Tenant))));
        _known = [.. known];

        void Add(string setting, string? token, AdminPrincipal principal)
        {
            if (token is { Length: < ServiceOptions.GoodTokenLength })
            {
                ShortToken(logger, setting, ServiceOptions.GoodTokenLength);
            }

            if (token is not null)
            {
                known.Add((Hash(token), principal));
            }
        }
    }

    /// <summary>Whose token it is; null where it is nobody's.</summary>
    public AdminPrincipal? Find(string token)
    {
        var hash = Hash(token);
        AdminPrincipal? found = null;
        foreach (var (known, principal) in _known)
        {
            // All of them, whatever the first ones say
            if (CryptographicOperations.FixedTimeEquals(hash, known))
            {
                found ??= principal;
            }
        }

        return found;
    }

    /// <summary>True for a name that no further token may have.</summary>
    internal static bool IsReserved(string name) =>
        name.Equals(FullName, StringComparison.OrdinalIgnoreCase) || name.Equals(ReadOnlyName, StringComparison.OrdinalIgnoreCase);

    /// <summary>What tokens are compared by.</summary>
    internal static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    [LoggerMessage(1301, LogLevel.Warning, "{Setting} is shorter than {Length} characters: set it to a random secret, for example the output of `openssl rand -hex 32`.")]
    private static partial void ShortToken(ILogger logger, string setting, int length);
}
