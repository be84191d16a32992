using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Retention;

/// <summary>Settings of retention: what is kept for how long.</summary>
public sealed class RetentionOptions
{
    /// <summary>The longest time that something is kept, in days: a hundred years.</summary>
    public const int MaxDays = 36_500;

    /// <summary><c>QUOTA_CLEANUP_ENABLED</c>: whether a timer begins runs. Default true.</summary>
    [Setting("QUOTA_CLEANUP_ENABLED", "`true`", "`false`: no timer deletes what is old: [retention.md](retention.md)")]
    public bool IsEnabled { get; set; } = true;

    /// <summary><c>QUOTA_CLEANUP_RETENTION_DAYS</c>: how long the log is kept, 1 to 36,500 days. Default 180.</summary>
    [Setting("QUOTA_CLEANUP_RETENTION_DAYS", "`180`", "how long the log is kept, 1 to 36,500 days")]
    public int LogDays { get; set; } = 180;

    /// <summary><c>QUOTA_CLEANUP_INTERVAL_HOURS</c>: from the beginning of a run to the next, 1 to 8,760 hours. Default 24.</summary>
    [Setting("QUOTA_CLEANUP_INTERVAL_HOURS", "`24`", "from the beginning of a run to the next, 1 to 8,760 hours")]
    public int IntervalHours { get; set; } = 24;

    /// <summary><c>QUOTA_CLEANUP_BATCH_SIZE</c>: rows that one step of a run deletes, about, 100 to 1,000,000. Default 10,000.</summary>
    [Setting("QUOTA_CLEANUP_BATCH_SIZE", "`10000`", "rows that one step of a run deletes, about, 100 to 1,000,000")]
    public int BatchSize { get; set; } = 10_000;

    /// <summary>
    /// <c>QUOTA_CLEANUP_USAGE_DAYS</c>: how long the days of usage are kept, up to 36,500 days and not shorter than the log. Default 800, so that
    /// a report on a year has the year before.
    /// </summary>
    [Setting("QUOTA_CLEANUP_USAGE_DAYS", "`800`", "how long the days of usage are kept, up to 36,500 days, and not shorter than the log")]
    public int UsageDays { get; set; } = 800;

    /// <summary><c>QUOTA_CLEANUP_REVOKED_DAYS</c>: how long revoked keys and pools are kept, 1 to 36,500 days. Default 365.</summary>
    [Setting("QUOTA_CLEANUP_REVOKED_DAYS", "`365`", "how long revoked keys and pools are kept, 1 to 36,500 days")]
    public int RevokedDays { get; set; } = 365;

    /// <summary><c>QUOTA_CLEANUP_ADMIN_AUDIT_DAYS</c>: how long it is kept what admins did, 1 to 36,500 days. Default 730.</summary>
    [Setting("QUOTA_CLEANUP_ADMIN_AUDIT_DAYS", "`730`", "how long it is kept what admins did, 1 to 36,500 days")]
    public int AdminAuditDays { get; set; } = 730;

    /// <summary><c>QUOTA_CLEANUP_REPORT_DAYS</c>: how long reports, mails and alerts that are over are kept, 1 to 36,500 days. Default 365.</summary>
    [Setting("QUOTA_CLEANUP_REPORT_DAYS", "`365`", "how long reports, mails and alerts that are over are kept, 1 to 36,500 days")]
    public int ReportDays { get; set; } = 365;

    /// <summary>Reads the settings.</summary>
    internal static void Read(SettingReader settings, RetentionOptions options)
    {
        options.IsEnabled = settings.Flag("QUOTA_CLEANUP_ENABLED", true);
        options.LogDays = Days("QUOTA_CLEANUP_RETENTION_DAYS", 180);
        options.IntervalHours = (int)settings.Number("QUOTA_CLEANUP_INTERVAL_HOURS", 24, 1, 8760);
        options.BatchSize = (int)settings.Number("QUOTA_CLEANUP_BATCH_SIZE", 10_000, 100, 1_000_000);
        options.UsageDays = Days("QUOTA_CLEANUP_USAGE_DAYS", 800);
        options.RevokedDays = Days("QUOTA_CLEANUP_REVOKED_DAYS", 365);
        options.AdminAuditDays = Days("QUOTA_CLEANUP_ADMIN_AUDIT_DAYS", 730);
        options.ReportDays = Days("QUOTA_CLEANUP_REPORT_DAYS", 365);
        if (options.UsageDays < options.LogDays)
        {
            settings.AddError("QUOTA_CLEANUP_USAGE_DAYS", "must not be smaller than QUOTA_CLEANUP_RETENTION_DAYS (default 800).");
        }

        int Days(string name, int fallback) => (int)settings.Number(name, fallback, 1, MaxDays);
    }
}
