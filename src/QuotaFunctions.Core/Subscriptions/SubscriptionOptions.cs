using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Mailing;

namespace QuotaFunctions.Core.Subscriptions;

/// <summary>Settings of the default subscription. Its language is <c>REPORT_LANGUAGE</c>.</summary>
public sealed class SubscriptionOptions
{
    /// <summary><c>REPORT_SCHEDULE</c>: when the report of the day before is sent, a crontab expression with seconds in UTC. Default <c>0 0 0 * * *</c>.</summary>
    [Setting("REPORT_SCHEDULE", "`0 0 0 * * *`", "when they get it: a crontab expression with seconds, in UTC, taken to the quarter of an hour")]
    public string Schedule { get; set; } = SubscriptionSettings.DefaultSchedule;

    /// <summary><c>REPORT_RECIPIENTS</c>: who gets it, addresses with commas between them, at most 20. None by default: nobody.</summary>
    [Setting(
        "REPORT_RECIPIENTS",
        "none",
        "who gets the report of each day by mail: addresses with commas between them, at most 20. More in [reports.md](reports.md#by-mail)")]
    public IReadOnlyList<string> Recipients { get; set; } = [];

    /// <summary>Reads the settings.</summary>
    internal static void Read(SettingReader settings, SubscriptionOptions options)
    {
        options.Schedule = settings.PlainText("REPORT_SCHEDULE", SubscriptionSettings.DefaultSchedule)!;
        options.Recipients = [.. (settings.PlainText("REPORT_RECIPIENTS") ?? "")
            .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct(StringComparer.OrdinalIgnoreCase)];
        if (!ReportSchedule.IsValid(options.Schedule))
        {
            settings.AddError("REPORT_SCHEDULE", "must be a crontab expression with seconds, such as 0 0 7 * * * for each day at 7 (default 0 0 0 * * *).");
        }

        if (options.Recipients.Count > SubscriptionReader.MaxRecipients || !options.Recipients.All(MailAddress.IsValid))
        {
            settings.AddError("REPORT_RECIPIENTS", $"must be mail addresses with commas between them, at most {SubscriptionReader.MaxRecipients}.");
        }
    }
}
