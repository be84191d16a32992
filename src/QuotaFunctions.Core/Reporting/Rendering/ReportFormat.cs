using System.Globalization;
using NodaTime;
using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Reporting.Rendering;

/// <summary>Numbers, days and moments in the reader's form.</summary>
/// <param name="language">The reader's language.</param>
/// <param name="zone">The time zone of moments.</param>
internal sealed class ReportFormat(ReportLanguage language, DateTimeZone zone)
{
    private static readonly string[] Months =
        ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

    /// <summary>A whole number: 1,234.</summary>
    public string Number(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>An amount without its unit, but for dollars: 1,234 or $0.25.</summary>
    public string Amount(decimal value, QuotaUnit unit) => QuotaAmount.Display(value, unit);

    /// <summary>An amount for programs: no thousands are parted.</summary>
    public static string Plain(decimal value) => value.ToString("0.######", CultureInfo.InvariantCulture);

    /// <summary>Per cent, to a tenth: 12.3%.</summary>
    public string Percent(double? value) => value is { } known ? known.ToString("0.#", CultureInfo.InvariantCulture) + "%" : "–";

    /// <summary>Whole per cent of a part, rounded down: 100 is all of it, and nothing less.</summary>
    public static long WholePercent(long part, long whole) => whole > 0 ? 100 * part / whole : 100;

    /// <summary>Milliseconds: 310 ms, 1.2 s.</summary>
    public string Duration(int? milliseconds) => milliseconds switch
    {
        null => "–",
        < 1000 => $"{Number(milliseconds.Value)} ms",
        _ => (milliseconds.Value / 1000.0).ToString("#,0.0", CultureInfo.InvariantCulture) + " s",
    };

    /// <summary>A day: 1 December 2026, 2026年12月1日.</summary>
    public string Day(DateOnly day) => language == ReportLanguage.Zh
        ? string.Create(CultureInfo.InvariantCulture, $"{day.Year}年{day.Month}月{day.Day}日")
        : string.Create(CultureInfo.InvariantCulture, $"{day.Day} {Months[day.Month - 1]} {day.Year}");

    /// <summary>A day without its year: 1 Dec, 12月1日.</summary>
    public string ShortDay(DateOnly day) => language == ReportLanguage.Zh
        ? string.Create(CultureInfo.InvariantCulture, $"{day.Month}月{day.Day}日")
        : string.Create(CultureInfo.InvariantCulture, $"{day.Day} {Months[day.Month - 1][..3]}");

    /// <summary>The days of a period.</summary>
    public string Days(ReportPeriod period)
    {
        var (first, last) = (period.FirstDay, period.LastDay);
        var isOneMonth = first.Year == last.Year && first.Month == last.Month;
        return (first == last, isOneMonth, language) switch
        {
            (true, _, _) => Day(first),
            (_, true, ReportLanguage.Zh) => string.Create(CultureInfo.InvariantCulture, $"{Day(first)}至{last.Day}日"),
            (_, false, ReportLanguage.Zh) => $"{Day(first)}至{Day(last)}",
            (_, true, _) => string.Create(CultureInfo.InvariantCulture, $"{first.Day}–{Day(last)}"),
            _ => $"{Day(first)} – {Day(last)}",
        };
    }

    /// <summary>A moment, to the minute, in the time zone: 1 December 2026, 14:05.</summary>
    public string Moment(DateTimeOffset moment)
    {
        var local = Instant.FromDateTimeOffset(moment).InZone(zone).LocalDateTime;
        return Day(local.Date.ToDateOnly()) + (language == ReportLanguage.Zh ? " " : ", ") + Time(local);
    }

    /// <summary>A moment within a year: 1 Dec, 14:05.</summary>
    public string ShortMoment(DateTimeOffset moment)
    {
        var local = Instant.FromDateTimeOffset(moment).InZone(zone).LocalDateTime;
        return ShortDay(local.Date.ToDateOnly()) + (language == ReportLanguage.Zh ? " " : ", ") + Time(local);
    }

    /// <summary>The day of a point, or its hour where points are hours.</summary>
    public string Point(DateTimeOffset moment, bool isHour)
    {
        var local = Instant.FromDateTimeOffset(moment).InZone(zone).LocalDateTime;
        return isHour ? Time(local) : ShortDay(local.Date.ToDateOnly());
    }

    private static string Time(LocalDateTime local) => string.Create(CultureInfo.InvariantCulture, $"{local.Hour:00}:{local.Minute:00}");

    /// <summary>A unit's word, as the API has it.</summary>
    public static string Unit(QuotaUnit unit) => unit.ToString().ToLowerInvariant();
}
