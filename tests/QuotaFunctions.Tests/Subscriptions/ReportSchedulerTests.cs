using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Moq;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Reporting;
using QuotaFunctions.Core.Subscriptions;

namespace QuotaFunctions.Tests.Subscriptions;

/// <summary>Which report is due when, and that it is asked for once.</summary>
public sealed class ReportSchedulerTests
{
    private readonly FakeTimeProvider _clock = new(At("2026-11-25T10:00:00Z"));
    private readonly Mock<IReportStore> _reports = new();

    /// <summary>By the quarter of an hour, as the timer does: which periods are reported on, and when.</summary>
    [Theory]
    [InlineData(ReportPeriodKind.Day, "0 0 0 * * *", "UTC", "2026-11-25T10:00:00Z", "2026-11-28T00:00:00Z",
        "2026-11-26T00:00:00Z 2026-11-25/2026-11-25", "2026-11-27T00:00:00Z 2026-11-26/2026-11-26", "2026-11-28T00:00:00Z 2026-11-27/2026-11-27")]
    [InlineData(ReportPeriodKind.Day, "0 0 7 * * *", "Asia/Kolkata", "2026-11-25T10:00:00Z", "2026-11-27T00:00:00Z", "2026-11-26T01:30:00Z 2026-11-25/2026-11-25")]
    [InlineData(ReportPeriodKind.Day, "0 0 0 * * *", "Asia/Kathmandu", "2026-11-25T10:00:00Z", "2026-11-26T12:00:00Z", "2026-11-25T18:15:00Z 2026-11-25/2026-11-25")]
    [InlineData(ReportPeriodKind.Day, "0 50 6 * * *", "UTC", "2026-11-25T10:00:00Z", "2026-11-26T08:00:00Z", "2026-11-26T07:00:00Z 2026-11-25/2026-11-25")] // to the quarter
    [InlineData(ReportPeriodKind.Week, "0 0 0 * * *", "UTC", "2026-11-25T10:00:00Z", "2026-12-08T00:00:00Z",
        "2026-11-30T00:00:00Z 2026-11-23/2026-11-29", "2026-12-07T00:00:00Z 2026-11-30/2026-12-06")]
    [InlineData(ReportPeriodKind.Week, "0 0 7 * * 3", "UTC", "2026-11-25T10:00:00Z", "2026-12-03T00:00:00Z", "2026-12-02T07:00:00Z 2026-11-23/2026-11-29")]
    [InlineData(ReportPeriodKind.Month, "0 0 8 1 * *", "Europe/Zurich", "2027-01-31T20:00:00Z", "2027-03-02T00:00:00Z",
        "2027-02-01T07:00:00Z 2027-01-01/2027-01-31", "2027-03-01T07:00:00Z 2027-02-01/2027-02-28")]
    [InlineData(ReportPeriodKind.Day, "0 30 2 * * *", "Europe/Zurich", "2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z",
        "2026-03-29T01:30:00Z 2026-03-28/2026-03-28", "2026-03-30T00:30:00Z 2026-03-29/2026-03-29")] // a day of 23 hours
    [InlineData(ReportPeriodKind.Day, "0 30 2 * * *", "Europe/Zurich", "2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z",
        "2026-10-25T00:30:00Z 2026-10-24/2026-10-24", "2026-10-26T01:30:00Z 2026-10-25/2026-10-25")] // a day of 25 hours
    public async Task A_period_is_reported_on_once_when_the_schedule_comes(
        ReportPeriodKind period, string schedule, string zone, string from, string to, params string[] expected)
    {
        var begin = At(from);
        var subscriptions = new MemorySubscriptions(Subscription("sub_1", begin, period, schedule, zone));
        var asked = new List<string>();
        Collect((id, request) => asked.Add($"{_clock.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss'Z'} {ReportScheduler.DaysOf(ReportPeriods.Of(request, request.AsOf!.Value).Period)}"));
        for (var now = begin; now <= At(to); now = now.AddMinutes(15))
        {
            _clock.AdjustTime(now);
            await Scheduler(subscriptions).RequestDueAsync(default);
            await Scheduler(subscriptions).RequestDueAsync(default);
        }

        Assert.Equal(expected, asked);
    }

    [Fact]
    public async Task What_was_missed_is_made_up_for_by_the_last_period_alone()
    {
        var subscriptions = new MemorySubscriptions(Subscription("sub_1", At("2026-11-01T10:00:00Z"), ReportPeriodKind.Day, "0 0 7 * * *", "UTC"));
        var days = new List<DateOnly>();
        Collect((_, request) => days.Add(ReportPeriods.Of(request, request.AsOf!.Value).Period.LastDay));
        foreach (var now in new[] { "2026-11-02T07:00:00Z", "2026-11-20T05:00:00Z", "2026-11-20T05:15:00Z", "2026-11-20T07:00:00Z", "2026-11-21T07:00:00Z" })
        {
            _clock.AdjustTime(At(now));
            await Scheduler(subscriptions).RequestDueAsync(default);
        }

        Assert.Equal([new DateOnly(2026, 11, 1), new DateOnly(2026, 11, 19), new DateOnly(2026, 11, 20)], days);
    }

    /// <summary>A process that dies after it has asked asks again: for the same report.</summary>
    [Fact]
    public async Task What_was_asked_for_and_not_noted_is_asked_for_again_by_the_same_id()
    {
        var subscriptions = new MemorySubscriptions(Subscription("sub_1", At("2026-11-24T10:00:00Z")), Subscription("sub_2", At("2026-11-24T10:00:00Z")));
        var ids = new List<string>();
        Collect((id, _) => ids.Add(id));
        subscriptions.BeforeChange = () => throw new IOException();
        await Scheduler(subscriptions).RequestDueAsync(default);
        _clock.Advance(TimeSpan.FromMinutes(15));
        subscriptions.BeforeChange = null;
        await Scheduler(subscriptions).RequestDueAsync(default);
        await Scheduler(subscriptions).RequestDueAsync(default);

        Assert.Equal(4, ids.Count);
        Assert.Equal(2, ids.Distinct().Count());
        Assert.Equal(("2026-11-24/2026-11-24", _clock.GetUtcNow()), (subscriptions["sub_1"].LastPeriod, subscriptions["sub_1"].LastRunAt));
    }

    [Fact]
    public async Task Clocks_that_differ_at_midnight_do_not_ask_for_the_day_before_again()
    {
        var subscriptions = new MemorySubscriptions(Subscription("sub_1", At("2026-11-20T10:00:00Z")));
        var days = new List<DateOnly>();
        Collect((_, request) => days.Add(ReportPeriods.Of(request, request.AsOf!.Value).Period.LastDay));
        foreach (var now in new[] { "2026-11-25T00:00:00Z", "2026-11-26T00:00:00.5Z", "2026-11-25T23:59:59.5Z", "2026-11-26T00:15:00Z" })
        {
            _clock.AdjustTime(At(now));
            await Scheduler(subscriptions).RequestDueAsync(default);
        }

        Assert.Equal([new DateOnly(2026, 11, 24), new DateOnly(2026, 11, 25)], days);
    }

    [Fact]
    public async Task One_that_fails_holds_up_no_other()
    {
        var subscriptions = new MemorySubscriptions(Subscription("sub_1", At("2026-11-24T10:00:00Z")), Subscription("sub_2", At("2026-11-24T10:00:00Z")));
        var asked = new List<string>();
        _reports.Setup(it => it.RequestAsync(It.IsAny<string>(), It.IsAny<ReportRequest>(), It.IsAny<ReportDelivery>(), default))
            .Returns((string _, ReportRequest _, ReportDelivery to, CancellationToken _) =>
            {
                asked.Add(to.Subscription);
                return to.Subscription == "sub_1" && asked.Count < 3 ? Task.FromException(new IOException()) : Task.CompletedTask;
            });
        await Scheduler(subscriptions).RequestDueAsync(default);
        await Scheduler(subscriptions).RequestDueAsync(default);
        Assert.Equal(["sub_1", "sub_2", "sub_1"], asked);
    }

    [Fact]
    public void A_pause_is_not_made_up_for_and_another_schedule_begins_when_it_is_set()
    {
        var paused = Subscription("sub_1", At("2026-11-20T10:00:00Z")) with { Status = SubscriptionStatus.Paused };
        Assert.Null(ReportScheduler.DuePeriod(paused, At("2026-11-25T10:00:00Z")));
        Assert.Null(paused.NextAt(At("2026-11-25T10:00:00Z")));

        var resumed = paused.With(paused.Settings, SubscriptionStatus.Active, At("2026-11-25T10:00:00Z"));
        Assert.Null(ReportScheduler.DuePeriod(resumed, At("2026-11-25T23:45:00Z")));
        Assert.Equal(new DateOnly(2026, 11, 25), ReportScheduler.DuePeriod(resumed, At("2026-11-26T00:00:00Z"))!.LastDay);
        Assert.Equal(At("2026-11-26T00:00:00Z"), resumed.NextAt(At("2026-11-25T10:00:00Z")));

        var renamed = resumed.With(resumed.Settings with { Name = "another" }, SubscriptionStatus.Active, At("2026-11-25T11:00:00Z"));
        Assert.Equal(resumed.Since, renamed.Since);
        var rescheduled = resumed.With(resumed.Settings with { Schedule = "0 0 9 * * *" }, SubscriptionStatus.Active, At("2026-11-25T11:00:00Z"));
        Assert.Equal(At("2026-11-25T11:00:00Z"), rescheduled.Since);
    }

    [Fact]
    public async Task A_trial_is_on_the_last_whole_period_and_goes_to_whom_it_is_for()
    {
        ReportRequest? request = null;
        ReportDelivery? delivery = null;
        _reports.Setup(it => it.RequestAsync(It.IsAny<string>(), It.IsAny<ReportRequest>(), It.IsAny<ReportDelivery>(), default))
            .Callback((string _, ReportRequest it, ReportDelivery to, CancellationToken _) => (request, delivery) = (it, to)).Returns(Task.CompletedTask);
        var subscription = Subscription("sub_1", _clock.GetUtcNow(), ReportPeriodKind.Week) with { Status = SubscriptionStatus.Paused };
        var scheduler = Scheduler(new MemorySubscriptions(subscription));
        Assert.True(NewestFirstId.IsId(await scheduler.RequestTestAsync(subscription, "me@example.com", default)));
        Assert.Equal((ReportPeriodKind.Week, _clock.GetUtcNow()), (request!.Period, request.AsOf));
        Assert.True(delivery is { IsTest: true, Subscription: "sub_1", Recipients: ["me@example.com"] });
        await scheduler.RequestTestAsync(subscription, null, default);
        Assert.Null(delivery.Recipients);
    }

    private void Collect(Action<string, ReportRequest> add) =>
        _reports.Setup(it => it.RequestAsync(It.IsAny<string>(), It.IsAny<ReportRequest>(), It.IsAny<ReportDelivery>(), default))
            .Callback((string id, ReportRequest request, ReportDelivery _, CancellationToken _) => add(id, request)).Returns(Task.CompletedTask);

    private ReportScheduler Scheduler(MemorySubscriptions subscriptions) => new(subscriptions, _reports.Object, _clock, NullLogger<ReportScheduler>.Instance);

    private static Subscription Subscription(
        string id, DateTimeOffset since, ReportPeriodKind period = ReportPeriodKind.Day, string schedule = SubscriptionSettings.DefaultSchedule, string zone = "UTC") => new()
    {
        Id = id,
        Settings = new SubscriptionSettings { Name = "n", Recipients = ["ops@example.com"], Period = period, Schedule = schedule, TimeZone = zone },
        CreatedAt = since,
        Since = since,
    };

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
