using System.Globalization;
using NodaTime;
using QuotaFunctions.Core.Subscriptions;

namespace QuotaFunctions.Tests.Subscriptions;

public sealed class ReportScheduleTests
{
    [Theory]
    [InlineData("0 0 0 * * *", "UTC", "2026-12-01T00:00:00Z", "2026-12-02T00:00:00Z")] // the moment itself is not after it
    [InlineData("0 0 0 * * *", "UTC", "2026-11-30T23:59:59Z", "2026-12-01T00:00:00Z")]
    [InlineData("0 0 0 * * *", "Asia/Kolkata", "2026-11-30T18:29:59Z", "2026-11-30T18:30:00Z")]
    [InlineData("0 0 0 * * *", "Asia/Kathmandu", "2026-11-30T18:14:59Z", "2026-11-30T18:15:00Z")]
    [InlineData("0 0 7 * * 1", "Europe/Zurich", "2026-12-01T12:00:00Z", "2026-12-07T06:00:00Z")]
    [InlineData("0 0 7 31 * *", "UTC", "2026-10-31T07:00:00Z", "2026-12-31T07:00:00Z")]
    [InlineData("0 0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z")]
    public void The_first_time_after_a_moment(string expression, string zone, string moment, string expected) => Assert.Equal(At(expected), Next(expression, zone, moment));

    [Fact]
    public void A_time_that_spring_leaves_out_is_as_much_later_and_one_that_autumn_has_twice_counts_once()
    {
        const string expression = "0 30 2 * * *";
        Assert.Equal(At("2026-03-29T01:30:00Z"), Next(expression, "Europe/Zurich", "2026-03-28T12:00:00Z"));
        Assert.Equal(At("2026-03-30T00:30:00Z"), Next(expression, "Europe/Zurich", "2026-03-29T01:30:00Z"));
        Assert.Equal(At("2026-10-25T00:30:00Z"), Next(expression, "Europe/Zurich", "2026-10-24T12:00:00Z"));
        Assert.Equal(At("2026-10-26T01:30:00Z"), Next(expression, "Europe/Zurich", "2026-10-25T00:30:00Z"));
        Assert.Equal(At("2026-10-26T01:30:00Z"), Next(expression, "Europe/Zurich", "2026-10-25T01:10:00Z"));
    }

    [Fact]
    public void A_time_that_never_comes_is_never() => Assert.Null(Next("0 0 0 30 2 *", "UTC", "2026-01-01T00:00:00Z"));

    [Theory]
    [InlineData("0 0 0 * * *", true)]
    [InlineData("0 */15 6-8 * * 1-5", true)]
    [InlineData("0 0 * * *", false)]
    [InlineData("@daily", false)]
    [InlineData("", false)]
    [InlineData("0 0 24 * * *", false)]
    [InlineData("0 0 0 * * * *", false)]
    public void Six_fields_are_an_expression(string expression, bool isValid) => Assert.Equal(isValid, ReportSchedule.IsValid(expression));

    [Fact]
    public void A_schedule_has_its_limit() => Assert.False(ReportSchedule.IsValid("0 0 0 * * " + string.Join(',', Enumerable.Repeat("1", 60))));

    private static DateTimeOffset? Next(string expression, string zone, string moment) => ReportSchedule.NextAfter(expression, DateTimeZoneProviders.Tzdb[zone], At(moment));

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
