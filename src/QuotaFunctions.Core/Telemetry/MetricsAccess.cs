using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Telemetry;

/// <summary>What a scrape is shown.</summary>
public enum MetricsScope
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Everything but what names a key.</summary>
    Anonymous,

    /// <summary>Everything.</summary>
    Full,
}

/// <summary>Decides what a scrape is shown, by its token.</summary>
public sealed class MetricsAccess
{
    private readonly AdminTokens _admins;
    private readonly byte[]? _token;

    /// <summary>With the tokens of the settings.</summary>
    public MetricsAccess(IOptions<TelemetryOptions> options, AdminTokens admins)
    {
        _admins = admins;
        _token = options.Value.MetricsToken is { } token ? AdminTokens.Hash(token) : null;
    }

    /// <summary>What the bearer of a token is shown.</summary>
    /// <param name="token">The token; null for none.</param>
    public MetricsScope Of(string? token)
    {
        if (token is not null && (IsMetricsToken(token) || _admins.Find(token) is { Tenant: null }))
        {
            return MetricsScope.Full;
        }

        return _token is null ? MetricsScope.Anonymous : MetricsScope.None;
    }

    private bool IsMetricsToken(string token) => _token is not null && CryptographicOperations.FixedTimeEquals(AdminTokens.Hash(token), _token);
}
