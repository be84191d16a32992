using NodaTime;

namespace QuotaFunctions.Core.Reporting;

/// <summary>Which days a report is on, and which it compares them to.</summary>
internal static class ReportPeriods
{
    /// <summary>The period of a request, and the one before.</summary>
    /// <param name="request">The request.</param>
    /// <param name="now">The moment that <c>the last day</c> is counted from.</param>
    public static (ReportPeriod Period, ReportPeriod Before) Of(ReportRequest request, DateTimeOffset now)
    {
        var zone = request.Zone;
        var today = Instant.FromDateTimeOffset(now).InZone(zone).Date;
        var (from, to) = request.Period switch
        {
            ReportPeriodKind.Day => (today.PlusDays(-1), today),
            ReportPeriodKind.Week => (Monday(today).PlusWeeks(-1), Monday(today)),
            ReportPeriodKind.Month => (FirstOfMonth(today).PlusMonths(-1), FirstOfMonth(today)),
            _ => (LocalDate.FromDateOnly(request.From!.Value), request.To is { } end ? LocalDate.FromDateOnly(end) : today.PlusDays(1)),
        };
        var before = request.Period == ReportPeriodKind.Month ? from.PlusMonths(-1) : from - Period.FromDays(Period.DaysBetween(from, to));
        return (Between(from, to), Between(before, from));

        ReportPeriod Between(LocalDate first, LocalDate end) => new(
            request.Period, first.ToDateOnly(), end.PlusDays(-1).ToDateOnly(), Start(zone, first), Start(zone, end));
    }

    /// <summary>When the days of a period begin, or its hours where it is one day. A day may have 23 or 25 of them.</summary>
    public static IReadOnlyList<DateTimeOffset> Points(ReportPeriod period, DateTimeZone zone)
    {
        var points = new List<DateTimeOffset>();
        if (period.FirstDay != period.LastDay)
        {
            for (var day = LocalDate.FromDateOnly(period.FirstDay); day <= LocalDate.FromDateOnly(period.LastDay); day = day.PlusDays(1))
            {
                points.Add(Start(zone, day));
            }

            return points;
        }

        // By quarters, as a zone may be half an hour off, or move its clocks by half an hour
        for (var moment = period.From; moment < period.To; moment = moment.AddMinutes(15))
        {
            var local = Instant.FromDateTimeOffset(moment).InZone(zone);
            var hour = (local - Duration.FromMinutes(local.Minute)).ToDateTimeOffset();
            if (points.Count == 0 || points[^1].UtcTicks != hour.UtcTicks)
            {
                points.Add(hour);
            }
        }

        return points;
    }

    private static DateTimeOffset Start(DateTimeZone zone, LocalDate day) => zone.AtStartOfDay(day).ToDateTimeOffset();

    private static LocalDate Monday(LocalDate day) => day.PlusDays(1 - (int)day.DayOfWeek);

    private static LocalDate FirstOfMonth(LocalDate day) => new(day.Year, day.Month, 1);
}
