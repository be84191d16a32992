using System.Globalization;
using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Tests.Accounts;

/// <summary>When periods begin, in zones that do to midnight whatever zones do.</summary>
public sealed class RefillCalendarTests
{
    [Theory]
    [InlineData("UTC", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")]
    [InlineData("UTC", "2026-01-01T23:59:59Z", "2026-01-02T00:00:00Z")]
    [InlineData("Asia/Kolkata", "2026-01-01T18:29:59Z", "2026-01-01T18:30:00Z")]

    // Europe/Berlin: 23 hours on 29 March 2026, 25 hours on 25 October
    [InlineData("Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z")]
    [InlineData("Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z")]

    // America/Havana: midnight was skipped on 10 March 2024, and came twice on 3 November. A year gone by: a country may change its rules
    [InlineData("America/Havana", "2024-03-09T12:00:00Z", "2024-03-10T05:00:00Z")]
    [InlineData("America/Havana", "2024-11-02T12:00:00Z", "2024-11-03T04:00:00Z")]
    [InlineData("America/Havana", "2024-11-03T04:00:00Z", "2024-11-04T05:00:00Z")]
    [InlineData("America/Havana", "2024-11-03T05:30:00Z", "2024-11-04T05:00:00Z")]

    // Pacific/Apia had no 30 December 2011
    [InlineData("Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-30T10:00:00Z")]
    [InlineData("Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z")]

    // America/Toronto: the clocks went from 23:30 to 0:30 in the night after 30 March 1919
    [InlineData("America/Toronto", "1919-03-30T12:00:00Z", "1919-03-31T04:30:00Z")]
    public void Days_begin_at_the_first_moment_of_the_local_day(string zone, string moment, string expected) =>
        Assert.Equal(At(expected), RefillCalendar.NextAfter(Daily(zone), At(moment)));

    [Theory]
    [InlineData(31, "2026-01-31T00:00:00Z", "2026-02-28T00:00:00Z")]
    [InlineData(31, "2028-02-01T00:00:00Z", "2028-02-29T00:00:00Z")]
    [InlineData(30, "2026-02-28T00:00:00Z", "2026-03-30T00:00:00Z")]
    [InlineData(31, "2026-04-30T00:00:00Z", "2026-05-31T00:00:00Z")]
    [InlineData(1, "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z")]
    [InlineData(15, "2026-12-14T23:59:59Z", "2026-12-15T00:00:00Z")]
    public void Months_begin_on_the_anchor_day_or_their_last(int anchor, string moment, string expected) =>
        Assert.Equal(At(expected), RefillCalendar.NextAfter(Daily("UTC") with { Period = RefillPeriod.Monthly, AnchorDay = anchor }, At(moment)));

    [Theory]
    [InlineData(1, "2026-03-02T00:00:00Z", "2026-03-09T00:00:00Z")]
    [InlineData(7, "2026-03-02T00:00:00Z", "2026-03-08T00:00:00Z")]
    [InlineData(3, "2026-03-03T23:59:59Z", "2026-03-04T00:00:00Z")]
    public void Weeks_begin_on_the_anchor_day(int anchor, string moment, string expected) =>
        Assert.Equal(At(expected), RefillCalendar.NextAfter(Daily("UTC") with { Period = RefillPeriod.Weekly, AnchorDay = anchor }, At(moment)));

    [Theory]
    [InlineData("Europe/Berlin")]
    [InlineData("America/Havana")]
    [InlineData("Africa/Cairo")]
    [InlineData("Asia/Beirut")]
    [InlineData("Australia/Lord_Howe")]
    [InlineData("America/Sao_Paulo")]
    public void A_year_has_as_many_days_as_beginnings_each_on_a_day_of_its_own(string zone)
    {
        var begins = new List<DateTimeOffset>();
        for (var at = RefillCalendar.NextAfter(Daily(zone), At("2015-12-31T12:00:00Z")); begins.Count < 366; at = RefillCalendar.NextAfter(Daily(zone), at))
        {
            begins.Add(at);
        }

        var local = TimeZoneInfo.FindSystemTimeZoneById(zone);
        Assert.Equal(366, begins.Select(at => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, local).DateTime)).Distinct().Count());
        Assert.All(begins, at => Assert.NotEqual(
            TimeZoneInfo.ConvertTime(at, local).Day, TimeZoneInfo.ConvertTime(at.AddMilliseconds(-1), local).Day));
    }

    [Fact]
    public void Periods_are_counted_up_to_a_bound()
    {
        var due = At("2026-03-02T00:00:00Z");

        Assert.Equal(0, RefillCalendar.CountBetween(Daily("UTC"), due, due.AddTicks(-1), 10));
        Assert.Equal(1, RefillCalendar.CountBetween(Daily("UTC"), due, due, 10));
        Assert.Equal(4, RefillCalendar.CountBetween(Daily("UTC"), due, due.AddDays(3.5), 10));
        Assert.Equal(10, RefillCalendar.CountBetween(Daily("UTC"), due, due.AddDays(99), 10));
    }

    [Theory]
    [InlineData("Europe/Berlin")]
    [InlineData("America/Argentina/Buenos_Aires")]
    [InlineData("Asia/Calcutta")]
    [InlineData("UTC")]
    public void A_time_zone_has_an_IANA_name_and_with_it_a_calendar(string zone)
    {
        Assert.True(RefillCalendar.IsTimeZone(zone));
        Assert.InRange(RefillCalendar.NextAfter(Daily(zone), At("2026-06-15T00:00:00Z")), At("2026-06-15T00:00:01Z"), At("2026-06-16T00:00:00Z"));
    }

    [Theory]
    [InlineData("europe/berlin")]
    [InlineData("UTC+05")]
    [InlineData("W. Europe Standard Time")]
    [InlineData("posix/Europe/Berlin")]
    [InlineData("../etc/localtime")]
    [InlineData("")]
    public void Another_name_is_none_even_where_the_machine_knows_it(string zone) => Assert.False(RefillCalendar.IsTimeZone(zone));

    private static RefillPolicy Daily(string zone) => new() { Period = RefillPeriod.Daily, Amount = 1, TimeZone = zone };

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
