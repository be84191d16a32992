using NodaTime;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Mailing;
using QuotaFunctions.Core.Reporting;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Core.Subscriptions;

/// <summary>Reads a subscription's settings from a request's fields over those that stand: for creation over none, for a change over the present ones.</summary>
public static class SubscriptionReader
{
    /// <summary>The most recipients.</summary>
    public const int MaxRecipients = 20;

    /// <summary>The longest name, in characters.</summary>
    public const int MaxNameLength = NameRules.MaxTitleLength;

    /// <summary>The longest schedule, in characters.</summary>
    public const int MaxScheduleLength = ReportSchedule.MaxLength;

    /// <summary>Reads and checks the settings; what is wrong is noted in the fields' faults.</summary>
    public static SubscriptionSettings Read(JsonFields fields, SubscriptionSettings current)
    {
        var settings = current with
        {
            Name = fields.Text("name", current.Name),
            Recipients = [.. fields.Texts("recipients", current.Recipients).Distinct(StringComparer.OrdinalIgnoreCase)],
            Tenant = fields.TextOrNull("tenant", current.Tenant),
            Key = fields.TextOrNull("key", current.Key),
            Period = fields.Word("period", current.Period, ReportPeriodKind.Day, ReportPeriodKind.Week, ReportPeriodKind.Month),
            Schedule = fields.Text("schedule", current.Schedule),
            TimeZone = fields.Text("time_zone", current.TimeZone),
            Language = fields.Word("language", current.Language, ReportLanguage.En, ReportLanguage.Zh),
        };
        if (!NameRules.IsTitle(settings.Name))
        {
            fields.AddError("name", $"is required: 1 to {MaxNameLength} characters, no control characters, no blanks at the ends.");
        }

        if (settings.Recipients.Count is < 1 or > MaxRecipients || !settings.Recipients.All(MailAddress.IsValid))
        {
            fields.AddError("recipients", $"is required: 1 to {MaxRecipients} mail addresses, such as [\"ops@example.com\"].");
        }

        if (settings.Tenant is { } tenant && !NameRules.IsTitle(tenant))
        {
            fields.AddError("tenant", "must be the name of a tenant.");
        }

        if (settings.Key is { } key && (!KeyLocator.TryParse(key, out _) || KeyLocator.IsPoolId(key)))
        {
            fields.AddError("key", "must be the id of a key, which begins with key_.");
        }

        if (!ReportSchedule.IsValid(settings.Schedule))
        {
            fields.AddError("schedule", "must be a crontab expression with seconds, such as 0 0 7 * * 1 for Mondays at 7.");
        }

        if (DateTimeZoneProviders.Tzdb.GetZoneOrNull(settings.TimeZone) is null)
        {
            fields.AddError("time_zone", "must be the name of a time zone in the IANA database, such as Europe/Berlin.");
        }

        return settings;
    }
}
