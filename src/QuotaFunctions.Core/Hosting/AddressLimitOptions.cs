namespace QuotaFunctions.Core.Hosting;

/// <summary>Which requests count against their address's limit.</summary>
public enum AddressLimitScope
{
    /// <summary>Only those without a key or token that is good, so that nobody behind one address starves another.</summary>
    Unauthenticated,

    /// <summary>All of them.</summary>
    All,
}

/// <summary>How many requests an address may make.</summary>
public sealed class AddressLimitOptions
{
    /// <summary>The default of <see cref="PerMinute"/>.</summary>
    public const int DefaultPerMinute = 100;

    /// <summary>The highest <see cref="PerMinute"/>.</summary>
    public const int MaxPerMinute = 1_000_000;

    /// <summary>The default of <see cref="MaxAddresses"/>.</summary>
    public const int DefaultMaxAddresses = 5000;

    /// <summary>The highest <see cref="MaxAddresses"/>: each takes about 400 bytes once it is seen.</summary>
    public const int MostAddresses = 100_000;

    /// <summary><c>IP_RATE_LIMIT_PER_MINUTE</c>: requests of an address within a minute, on each instance; 0 for no limit. Default 100.</summary>
    [Setting(
        "IP_RATE_LIMIT_PER_MINUTE",
        "`100`",
        "requests of one address within any minute, on each instance; more are 429 `rate_limited`. 0 for no limit. Health routes do not "
        + "count. Behind the Functions host every client has the same address unless `CLIENT_ADDRESS_HEADER` is set")]
    public int PerMinute { get; set; } = DefaultPerMinute;

    /// <summary><c>IP_RATE_LIMIT_SCOPE</c>: unauthenticated or all. Default unauthenticated.</summary>
    [Setting(
        "IP_RATE_LIMIT_SCOPE",
        "`unauthenticated`",
        "`unauthenticated`: only requests without a key or token that is good count and are refused, so that nobody behind one address "
        + "starves another; `all`: all of them")]
    public AddressLimitScope Scope { get; set; }

    /// <summary><c>IP_RATE_LIMIT_MAX_ADDRESSES</c>: addresses that are remembered, 1 to 100,000; beyond, the one seen longest ago is forgotten. Default 5,000.</summary>
    [Setting(
        "IP_RATE_LIMIT_MAX_ADDRESSES",
        "`5000`",
        "addresses that are remembered, 1 to 100,000 (of IPv6 the first 64 bits are one address); beyond, the one seen longest ago is "
        + "forgotten. Each takes about 400 bytes")]
    public int MaxAddresses { get; set; } = DefaultMaxAddresses;

    /// <summary>Reads the settings.</summary>
    internal static void Read(SettingReader settings, AddressLimitOptions options)
    {
        options.PerMinute = (int)settings.Number("IP_RATE_LIMIT_PER_MINUTE", DefaultPerMinute, 0, MaxPerMinute);
        options.MaxAddresses = (int)settings.Number("IP_RATE_LIMIT_MAX_ADDRESSES", DefaultMaxAddresses, 1, MostAddresses);
        switch (settings.PlainText("IP_RATE_LIMIT_SCOPE", "unauthenticated")!.ToLowerInvariant())
        {
            case "unauthenticated":
                options.Scope = AddressLimitScope.Unauthenticated;
                break;
            case "all":
                options.Scope = AddressLimitScope.All;
                break;
            default:
                settings.AddError("IP_RATE_LIMIT_SCOPE", "must be unauthenticated or all (default unauthenticated).");
                break;
        }
    }
}
