using NodaTime;
using QuotaFunctions.Core.Reporting;

namespace QuotaFunctions.Tests.Reporting;

public sealed class ReportPeriodsTests
{
    [Theory]
    [InlineData(ReportPeriodKind.Day, "2026-12-01T00:00:00Z", "2026-11-30", "2026-11-30", "2026-11-29")]
    [InlineData(ReportPeriodKind.Day, "2026-11-30T23:59:59Z", "2026-11-29", "2026-11-29", "2026-11-28")]
    [InlineData(ReportPeriodKind.Week, "2026-11-30T00:00:00Z", "2026-11-23", "2026-11-29", "2026-11-16")] // a Monday
    [InlineData(ReportPeriodKind.Week, "2026-11-29T23:59:59Z", "2026-11-16", "2026-11-22", "2026-11-09")] // a Sunday
    [InlineData(ReportPeriodKind.Month, "2026-03-31T12:00:00Z", "2026-02-01", "2026-02-28", "2026-01-01")]
    [InlineData(ReportPeriodKind.Month, "2028-03-01T00:00:00Z", "2028-02-01", "2028-02-29", "2028-01-01")]
    [InlineData(ReportPeriodKind.Month, "2026-01-15T00:00:00Z", "2025-12-01", "2025-12-31", "2025-11-01")]
    public void The_last_whole_one_before_now(ReportPeriodKind kind, string now, string first, string last, string firstBefore)
    {
        var (period, before) = ReportPeriods.Of(new ReportRequest { Period = kind }, At(now));
        Assert.Equal((Day(first), Day(last)), (period.FirstDay, period.LastDay));
        Assert.Equal(Day(firstBefore), before.FirstDay);
        Assert.Equal((period.From, period.FirstDay.AddDays(-1)), (before.To, before.LastDay));
    }

    [Theory]
    [InlineData("Asia/Kolkata", "2026-11-30T18:30:00Z", "2026-11-30")] // midnight of December there, half an hour past the hour
    [InlineData("Asia/Kolkata", "2026-11-30T18:29:59Z", "2026-11-29")]
    [InlineData("America/Los_Angeles", "2026-12-01T07:59:59Z", "2026-11-29")]
    public void Days_are_those_of_the_time_zone(string zone, string now, string day) =>
        Assert.Equal(Day(day), ReportPeriods.Of(new ReportRequest { TimeZone = zone }, At(now)).Period.FirstDay);

    [Theory]
    [InlineData("Europe/Zurich", "2026-03-29", 23)]
    [InlineData("Europe/Zurich", "2026-10-25", 25)]
    [InlineData("Europe/Zurich", "2026-11-01", 24)]
    [InlineData("Asia/Kathmandu", "2026-11-01", 24)]
    public void A_day_has_as_many_hours_as_it_has(string zone, string day, int hours)
    {
        var request = new ReportRequest { Period = ReportPeriodKind.Days, From = Day(day), To = Day(day).AddDays(1), TimeZone = zone };
        var (period, _) = ReportPeriods.Of(request, At("2026-12-01T00:00:00Z"));
        var points = ReportPeriods.Points(period, DateTimeZoneProviders.Tzdb[zone]);
        Assert.Equal((hours, TimeSpan.FromHours(hours)), (points.Count, period.To - period.From));
        Assert.Equal(period.From, points[0]);
        Assert.Equal(points.Count, points.Select(point => point.UtcTicks).Distinct().Count());
    }

    [Fact]
    public void Between_days_it_is_compared_to_as_many_days()
    {
        var request = new ReportRequest { Period = ReportPeriodKind.Days, From = Day("2026-11-03"), To = Day("2026-11-06") };
        var (period, before) = ReportPeriods.Of(request, At("2026-12-01T00:00:00Z"));
        Assert.Equal((Day("2026-11-05"), Day("2026-10-31"), Day("2026-11-02")), (period.LastDay, before.FirstDay, before.LastDay));
        Assert.Equal(3, ReportPeriods.Points(period, DateTimeZone.Utc).Count);
    }

    [Theory]
    [InlineData("from=2026-12-02", "from")]
    [InlineData("to=2026-11-02", "from")]
    [InlineData("from=2026-11-02&to=2026-11-02", "to")]
    [InlineData("from=2026-11-02&to=2026-12-03", "to")]
    [InlineData("from=2025-11-30&to=2026-12-02", "from")]
    [InlineData("from=1.11.2026", "from")]
    [InlineData("from=2026-02-30", "from")]
    [InlineData("from=2026-11-02&period=day", "period")]
    [InlineData("period=year", "period")]
    [InlineData("time_zone=Mars", "time_zone")]
    [InlineData("language=de", "language")]
    public void What_is_asked_for_is_read_strictly(string query, string field)
    {
        var (_, errors) = Read(query);
        Assert.Equal([field], errors.Distinct());
    }

    [Theory]
    [InlineData("", ReportPeriodKind.Day)]
    [InlineData("period=week", ReportPeriodKind.Week)]
    [InlineData("period=month&time_zone=Asia/Tokyo&language=zh", ReportPeriodKind.Month)]
    [InlineData("from=2026-12-01", ReportPeriodKind.Days)] // today, so far
    [InlineData("from=2025-12-01&to=2026-12-02", ReportPeriodKind.Days)] // 366 days
    public void What_is_right_is_read(string query, ReportPeriodKind kind)
    {
        var (request, errors) = Read(query);
        Assert.Empty(errors);
        Assert.Equal(kind, request.Period);
        Assert.Equal(query.Contains("zh", StringComparison.Ordinal) ? ReportLanguage.Zh : ReportLanguage.En, request.Language);
    }

    private static (ReportRequest Request, List<string> Errors) Read(string query)
    {
        var fields = query.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(part => part.Split('=')).ToDictionary(part => part[0], part => part[1]);
        var errors = new List<string>();
        return (ReportRequestReader.Read(fields.GetValueOrDefault, (name, _) => errors.Add(name), ReportLanguage.En, At("2026-12-01T12:00:00Z")), errors);
    }

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private static DateOnly Day(string text) => DateOnly.ParseExact(text, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
}
