using System.Globalization;
using NodaTime;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Core.Reporting;

/// <summary>Reads what to report on from fields of text, be they of a query or of a body: the same rules for every route.</summary>
public static class ReportRequestReader
{
    private static readonly string[] Periods = ["day", "week", "month"];

    /// <summary>Reads <c>period</c>, or <c>from</c> and <c>to</c>; <c>time_zone</c>; <c>language</c>. Which keys it is on is the caller's to set.</summary>
    /// <param name="text">A field's text; null where it is not given.</param>
    /// <param name="addError">Notes what is wrong with a field.</param>
    /// <param name="language">The language where none is given.</param>
    /// <param name="now">Now.</param>
    public static ReportRequest Read(Func<string, string?> text, Action<string, string> addError, ReportLanguage language, DateTimeOffset now)
    {
        var zone = text("time_zone") ?? DateTimeZone.Utc.Id;
        if (DateTimeZoneProviders.Tzdb.GetZoneOrNull(zone) is null)
        {
            addError("time_zone", "must be a time zone of the IANA database, such as Europe/Zurich.");
            zone = DateTimeZone.Utc.Id;
        }

        var period = text("period");
        if (period is not null && !Periods.Contains(period))
        {
            addError("period", $"must be one of: {string.Join(", ", Periods)}.");
            period = null;
        }

        var request = new ReportRequest { TimeZone = zone, Language = ReadLanguage(text, addError, language) };
        var (from, to) = (Day("from"), Day("to"));
        if (from is null && to is null)
        {
            return request with { Period = period switch { "week" => ReportPeriodKind.Week, "month" => ReportPeriodKind.Month, _ => ReportPeriodKind.Day } };
        }

        if (period is not null)
        {
            addError("period", "cannot be used together with from and to.");
        }

        CheckDays(from, to, Instant.FromDateTimeOffset(now).InZone(request.Zone).Date.ToDateOnly(), addError);
        return request with { Period = ReportPeriodKind.Days, From = from, To = to };

        DateOnly? Day(string name)
        {
            if (text(name) is not { } value)
            {
                return null;
            }

            if (DateOnly.TryParseExact(value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is >= 2000 and < 9000)
            {
                return day;
            }

            addError(name, "must be a day, such as 2026-11-30.");
            return null;
        }
    }

    /// <summary>Reads <c>language</c>.</summary>
    /// <inheritdoc cref="Read"/>
    public static ReportLanguage ReadLanguage(Func<string, string?> text, Action<string, string> addError, ReportLanguage language)
    {
        switch (text("language"))
        {
            case null:
                return language;
            case "en":
                return ReportLanguage.En;
            case "zh":
                return ReportLanguage.Zh;
            default:
                addError("language", "must be one of: en, zh.");
                return language;
        }
    }

    /// <summary>Notes a tenant that no key can have: a request for a report goes through a queue, whose messages are small.</summary>
    /// <param name="tenant">The tenant; null for all.</param>
    /// <param name="addError">Notes what is wrong with a field.</param>
    public static void CheckTenant(string? tenant, Action<string, string> addError)
    {
        if (tenant is not null && !NameRules.IsTitle(tenant))
        {
            addError("tenant", $"must be a tenant: 1 to {NameRules.MaxTitleLength} characters, none of them control characters, no blanks at the ends.");
        }
    }

    private static void CheckDays(DateOnly? from, DateOnly? to, DateOnly today, Action<string, string> addError)
    {
        if (from is not { } first)
        {
            addError("from", "is required with to.");
            return;
        }

        var end = to ?? today.AddDays(1);
        if (first > today)
        {
            addError("from", "must not lie in the future.");
        }
        else if (end <= first)
        {
            addError("to", "must be later than from.");
        }
        else if (end > today.AddDays(1))
        {
            addError("to", "must be tomorrow at the latest.");
        }
        else if (end.DayNumber - first.DayNumber > ReportRequest.MaxDays)
        {
            addError("from", $"must be at most {ReportRequest.MaxDays} days before to.");
        }
    }
}
