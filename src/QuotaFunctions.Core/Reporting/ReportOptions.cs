using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Reporting;

/// <summary>Settings of reports.</summary>
public sealed class ReportOptions
{
    /// <summary>The default of <see cref="PublicUrl"/> where the platform does not say better.</summary>
    public const string LocalUrl = "http://127.0.0.1:8787";

    /// <summary>
    /// <c>PUBLIC_URL</c>: where people reach the service, for reports and the links in them. No slash at the end. Default the address that Azure gives
    /// the app (<c>WEBSITE_HOSTNAME</c>), else <see cref="LocalUrl"/>.
    /// </summary>
    [Setting(
        "PUBLIC_URL",
        "the app's address on Azure (`https://` and `WEBSITE_HOSTNAME`), else `http://127.0.0.1:8787`",
        "where people reach the service, for reports and the links in them; no user, query or fragment")]
    public string PublicUrl { get; set; } = LocalUrl;

    /// <summary><c>REPORT_LANGUAGE</c>: the language of reports that name none, <c>en</c> or <c>zh</c>. Default <c>en</c>.</summary>
    [Setting("REPORT_LANGUAGE", "`en`", "the language of reports that name none, and of alerts: `en` or `zh`")]
    public ReportLanguage Language { get; set; }

    /// <summary><c>ALERT_FAILURE_RATE_PERCENT</c>: a failure rate above it is an anomaly, 0 to 100 per cent. Default 10.</summary>
    [Setting("ALERT_FAILURE_RATE_PERCENT", "`10`", "a failure rate above it is an anomaly of a report, and an alert, 0 to 100")]
    public int FailureRatePercent { get; set; } = 10;

    /// <summary><c>ALERT_LOW_QUOTA_PERCENT</c>: a quota of which less is left is low, 0 to 100 per cent. Default 10.</summary>
    [Setting("ALERT_LOW_QUOTA_PERCENT", "`10`", "a quota of which less is left is low, 0 to 100")]
    public int LowQuotaPercent { get; set; } = 10;

    /// <summary>Reads the settings.</summary>
    internal static void Read(SettingReader settings, ReportOptions options)
    {
        options.FailureRatePercent = (int)settings.Number("ALERT_FAILURE_RATE_PERCENT", 10, 0, 100);
        options.LowQuotaPercent = (int)settings.Number("ALERT_LOW_QUOTA_PERCENT", 10, 0, 100);
        switch (settings.PlainText("REPORT_LANGUAGE", "en")!.ToLowerInvariant())
        {
            case "en":
                options.Language = ReportLanguage.En;
                break;
            case "zh":
                options.Language = ReportLanguage.Zh;
                break;
            default:
                settings.AddError("REPORT_LANGUAGE", "must be en or zh (default en).");
                break;
        }

        var fallback = settings.Section("WEBSITE_HOSTNAME").Value is { Length: > 0 } host ? $"https://{host}" : LocalUrl;
        options.PublicUrl = settings.PlainText("PUBLIC_URL", fallback)!.TrimEnd('/');
        if (!Uri.TryCreate(options.PublicUrl, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https")
            || url.UserInfo.Length > 0 || url.Query.Length > 0 || url.Fragment.Length > 0)
        {
            settings.AddError("PUBLIC_URL", "must be an absolute http or https address without user, query and fragment, such as https://quota.example.com.");
        }
    }
}
