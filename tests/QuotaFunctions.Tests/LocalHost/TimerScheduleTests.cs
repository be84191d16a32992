using System.Globalization;
using QuotaFunctions.LocalHost.Timers;

namespace QuotaFunctions.Tests.LocalHost;

public sealed class TimerScheduleTests
{
    // 2026-01-01 is a Thursday.
    [Theory]
    [InlineData("* * * * * *", "2026-01-01 00:00:00", "2026-01-01 00:00:01")]
    [InlineData("0 * * * * *", "2026-01-01 00:00:00", "2026-01-01 00:01:00")]
    [InlineData("0 0 0 * * *", "2026-01-01 00:00:00", "2026-01-02 00:00:00")]
    [InlineData("0 0 0 * * *", "2025-12-31 23:59:59", "2026-01-01 00:00:00")]
    [InlineData("30 5 12 * * *", "2026-01-01 12:05:30", "2026-01-02 12:05:30")]
    [InlineData("30 5 12 * * *", "2026-01-01 12:05:29", "2026-01-01 12:05:30")]
    [InlineData("*/15 * * * * *", "2026-01-01 00:00:46", "2026-01-01 00:01:00")]
    [InlineData("5/20 * * * * *", "2026-01-01 00:00:26", "2026-01-01 00:00:45")]
    [InlineData("5/20 * * * * *", "2026-01-01 00:00:45", "2026-01-01 00:01:05")]
    [InlineData("0 10-20/5 * * * *", "2026-01-01 00:15:00", "2026-01-01 00:20:00")]
    [InlineData("0 10-20/5 * * * *", "2026-01-01 00:20:00", "2026-01-01 01:10:00")]
    [InlineData("0 0 9-17 * * 1-5", "2026-01-02 17:00:00", "2026-01-05 09:00:00")]
    [InlineData("0 0 0 1,15 * *", "2026-01-02 00:00:00", "2026-01-15 00:00:00")]
    [InlineData("0 0 0 1,15 * *", "2026-01-15 00:00:00", "2026-02-01 00:00:00")]
    [InlineData("0 0 0 31 * *", "2026-01-31 00:00:00", "2026-03-31 00:00:00")]
    [InlineData("0 0 0 29 2 *", "2026-01-01 00:00:00", "2028-02-29 00:00:00")]
    [InlineData("0 0 0 29 2 Mon", "2028-02-29 00:00:00", "2044-02-29 00:00:00")]
    [InlineData("0 0 0 * jan,Jul mon", "2026-01-26 00:00:00", "2026-07-06 00:00:00")]
    [InlineData("0 0 0 * December *", "2026-01-01 00:00:00", "2026-12-01 00:00:00")]
    [InlineData("0 0 0 13 * Fri", "2026-01-01 00:00:00", "2026-02-13 00:00:00")]
    [InlineData("0 0 0 * * sun", "2026-01-01 00:00:00", "2026-01-04 00:00:00")]
    [InlineData("0 30-10/10 * * * *", "2026-01-01 00:00:00", "2026-01-01 00:10:00")]
    [InlineData("*/5 * * * *", "2026-01-01 00:00:01", "2026-01-01 00:05:00")]
    [InlineData("0 0 * * 0", "2026-01-01 00:00:00", "2026-01-04 00:00:00")]
    [InlineData("59 59 23 31 12 *", "2026-12-31 23:59:58", "2026-12-31 23:59:59")]
    public void The_next_time_is_the_first_that_fits_every_field(string expression, string after, string expected)
    {
        Assert.Equal(Utc(expected), TimerSchedule.Parse(expression).NextAfter(Utc(after), TimeZoneInfo.Utc));
    }

    [Fact]
    public void Fractions_of_a_second_do_not_make_a_time_come_twice()
    {
        var schedule = TimerSchedule.Parse("0 * * * * *");
        var justAfter = Utc("2026-01-01 00:00:00").AddMilliseconds(1);

        Assert.Equal(Utc("2026-01-01 00:01:00"), schedule.NextAfter(justAfter, TimeZoneInfo.Utc));
        Assert.Equal(Utc("2026-01-01 00:01:00"), schedule.NextAfter(Utc("2026-01-01 00:00:59").AddMilliseconds(999), TimeZoneInfo.Utc));
    }

    [Fact]
    public void A_day_that_never_comes_has_no_next_time()
    {
        Assert.Null(TimerSchedule.Parse("0 0 0 30 2 *").NextAfter(Utc("2026-01-01 00:00:00"), TimeZoneInfo.Utc));
    }

    [Theory]
    [InlineData("2026-03-28 01:00:00", "2026-03-28 01:30:00")] // standard time, UTC+1
    [InlineData("2026-03-28 12:00:00", "2026-03-29 01:30:00")] // left out by spring: an hour later on the clock
    [InlineData("2026-03-29 12:00:00", "2026-03-30 00:30:00")] // summer time, UTC+2
    [InlineData("2026-10-24 12:00:00", "2026-10-25 00:30:00")] // comes twice in autumn: the first time
    [InlineData("2026-10-25 00:30:00", "2026-10-26 01:30:00")] // and not the second
    public void It_is_meant_in_the_time_zone_given_even_when_that_changes_its_clocks(string after, string expected)
    {
        var schedule = TimerSchedule.Parse("0 30 2 * * *");
        Assert.Equal(Utc(expected), schedule.NextAfter(Utc(after), TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin")));
    }

    [Theory]
    [InlineData("* * * *")]
    [InlineData("* * * * * * *")]
    [InlineData("60 * * * * *")]
    [InlineData("0 0 0 * * 7")]
    [InlineData("0 0 0 * * Fry")]
    [InlineData("0 0 0 ? * *")]
    [InlineData("0 1- * * * *")]
    public void A_malformed_expression_is_refused_by_name(string expression)
    {
        var exception = Assert.Throws<FormatException>(() => TimerSchedule.Parse(expression));
        Assert.StartsWith($"'{expression}': ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_time_span_is_an_interval()
    {
        Assert.Equal(Utc("2026-01-01 00:05:07"), TimerSchedule.Parse("00:05:00").NextAfter(Utc("2026-01-01 00:00:07"), TimeZoneInfo.Utc));
    }

    [Theory]
    [InlineData("daily")]
    [InlineData("00:00:00")]
    [InlineData("-00:01:00")]
    public void What_is_neither_is_refused(string text)
    {
        Assert.Throws<FormatException>(() => TimerSchedule.Parse(text));
    }

    private static DateTimeOffset Utc(string time) =>
        DateTimeOffset.Parse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
