namespace QuotaFunctions.StandIns;

/// <summary>What a storage connection string says about one service of the account.</summary>
internal sealed record StorageAccountSettings(Uri Endpoint, string AccountName, string AccountKey, string SharedAccessSignature)
{
    /// <summary>The emulator's account; public knowledge, the same in every installation.</summary>
    private const string DevelopmentAccountName = "devstoreaccount1";
    private const string DevelopmentAccountKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    public static StorageAccountSettings Development(string host, int port)
        => new(new Uri($"http://{host}:{port}/{DevelopmentAccountName}"), DevelopmentAccountName, DevelopmentAccountKey, null);

    /// <summary>The first part of the host's name, or of the path where the host is an address.</summary>
    public static string AccountOf(Uri endpoint)
        => endpoint.HostNameType == UriHostNameType.Dns && !endpoint.IsLoopback
            ? endpoint.Host.Split('.')[0]
            : endpoint.AbsolutePath.Trim('/').Split('/')[0];

    /// <summary>Splits <c>Name=Value;Name=Value</c>; names are case-insensitive. Null and a reason without any value when it is malformed.</summary>
    public static Dictionary<string, string> Split(string connectionString, out string error)
    {
        var settings = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var segment in connectionString.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var separator = segment.IndexOf('=', StringComparison.Ordinal);
            if (separator <= 0)
            {
                error = "Settings must be of the form \"name=value\".";
                return null;
            }

            if (!settings.TryAdd(segment[..separator].TrimEnd(), segment[(separator + 1)..].TrimStart()))
            {
                error = $"Duplicate setting '{segment[..separator]}' found.";
                return null;
            }
        }

        error = null;
        return settings;
    }
}
