namespace QuotaFunctions.TestSupport;

/// <summary>The settings under which tests run the app.</summary>
public static class AppSettings
{
    /// <summary>The admin token that <see cref="For"/> sets.</summary>
    public const string AdminToken = "an-admin-token-of-the-tests-only";

    /// <summary>The credential that the sample provider's requests must carry.</summary>
    public const string UpstreamCredential = "the-upstream-credential";

    /// <summary>What the app needs to run on a storage of its own, with the sample upstream as its only provider. Named as environment variables are.</summary>
    /// <param name="connectionString">The storage.</param>
    /// <param name="upstream">The sample upstream; none: no provider.</param>
    public static Dictionary<string, string?> For(string connectionString, Uri? upstream = null)
    {
        var settings = new Dictionary<string, string?>
        {
            ["AzureWebJobsStorage"] = connectionString,
            ["ADMIN_TOKEN"] = AdminToken,
            ["IP_RATE_LIMIT_PER_MINUTE"] = "0",
        };
        if (upstream is not null)
        {
            settings["DefaultProvider"] = "sample";
            settings["Providers__sample__BaseUrl"] = upstream.GetLeftPart(UriPartial.Authority);
            settings["Providers__sample__AuthScheme"] = "Bearer";
            settings["Providers__sample__ApiKey"] = UpstreamCredential;
        }

        return settings;
    }
}
