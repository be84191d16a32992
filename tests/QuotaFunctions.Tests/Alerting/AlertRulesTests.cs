using System.Globalization;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Moq;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Alerting;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Jobs;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Proxying;
using QuotaFunctions.Core.Queues;
using QuotaFunctions.Core.Reporting;
using QuotaFunctions.Core.Subscriptions;
using QuotaFunctions.Core.Usage;
using QuotaFunctions.Tests.Proxying;
using QuotaFunctions.Tests.Subscriptions;

namespace QuotaFunctions.Tests.Alerting;

/// <summary>Each rule at both sides of each of its limits.</summary>
public sealed class AlertRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 29, 12, 20, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(18, 2, false)] // 10 of 100
    [InlineData(17, 3, true)]
    [InlineData(16, 3, false)] // 19 requests
    [InlineData(0, 0, false)]
    public void The_failure_rate_of_the_last_hour(long succeeded, long failed, bool isFound) => AlertWorld.Run(async world =>
    {
        var rule = new FailureRateRule(Recent(world), AlertWorld.Options());
        world.AddUsage("key_a", Now.AddMinutes(-5), succeeded, 0);
        world.AddUsage("key_b", Now.AddMinutes(-55), 0, failed);

        // Not of this hour
        world.AddUsage("key_c", Now.AddHours(-2), 0, 1000);
        Assert.Equal(isFound, await FoundAsync(rule) is [{ Subject: "service", Value: 15 }]);
        Assert.Equal(isFound ? 1 : 0, (await FoundAsync(rule)).Count);
    });

    [Fact]
    public void The_last_hour_may_have_begun_yesterday() => AlertWorld.Run(async world =>
    {
        var midnight = new DateTimeOffset(2026, 11, 29, 0, 10, 0, TimeSpan.Zero);
        world.AddUsage("key_a", midnight.AddMinutes(-20), 10, 10);
        var rule = new FailureRateRule(Recent(world), AlertWorld.Options());
        Assert.Equal(50, (await rule.EvaluateAsync(midnight, CancellationToken.None))!.Single().Value);
    });

    [Theory]
    [InlineData(100, 168 * 19, true)] // the mean is 19, 5 times that are 95
    [InlineData(100, 168 * 20, false)]
    [InlineData(99, 168, false)]
    public void A_rate_far_from_a_keys_own_past(long lastHour, long past, bool isFound) => AlertWorld.Run(async world =>
    {
        var instance = world.NewInstance();
        var key = await AlertWorld.CreateKeyAsync(instance);
        world.AddUsage(key.Key.Id, Now.AddHours(-1), lastHour);

        // In the hour that goes on
        world.AddUsage(key.Key.Id, Now, 10_000);
        var first = Now.AddHours(-1).AddMinutes(-20) - UnusualRateRule.Past;
        var usage = Usage((first, past));
        var rule = new UnusualRateRule(Recent(world), usage, instance.Get<IKeyService>(), instance.Get<AccountJobs>());
        Assert.Equal(isFound ? [key.Key.Id] : [], (await FoundAsync(rule)).Select(found => found.Subject));
    });

    [Theory]
    [InlineData(24, true)]
    [InlineData(23, false)] // no past to compare with
    public void A_key_that_is_new_has_no_past(int hours, bool isFound) => AlertWorld.Run(async world =>
    {
        var instance = world.NewInstance();
        var key = await AlertWorld.CreateKeyAsync(instance);
        world.AddUsage(key.Key.Id, Now.AddHours(-1), 100);
        var rule = new UnusualRateRule(Recent(world), Usage((Now.AddHours(-1).AddMinutes(-20).AddHours(-hours), 1)), instance.Get<IKeyService>(), instance.Get<AccountJobs>());
        Assert.Equal(isFound, (await FoundAsync(rule)).Count == 1);
        Assert.Empty(await FoundAsync(new UnusualRateRule(Recent(world), Usage(), instance.Get<IKeyService>(), instance.Get<AccountJobs>())));
    });

    [Theory]
    [InlineData(100, 100, null, 24d)] // just within a day
    [InlineData(100, 99, null, null)]
    [InlineData(100, 200, null, 12d)]
    [InlineData(100, 200, 12d, null)] // refilled as it ends
    [InlineData(100, 200, 12.1, 12d)]
    [InlineData(0, 200, null, null)] // it has ended
    [InlineData(null, 200, null, null)]
    [InlineData(1, 0, null, null)]
    public void The_end_by_the_rate_of_the_last_day(int? remaining, long units, double? refillInHours, double? hours) => Assert.Equal(hours, ForecastRule.HoursLeft(
        new QuotaSnapshot { Type = QuotaType.Count, Used = 0, Remaining = remaining, ResetsAt = refillInHours is { } refill ? Now.AddHours(refill) : null }, units, Now));

    [Fact]
    public void The_end_of_a_key_is_forecast_from_what_was_counted() => AlertWorld.Run(async world =>
    {
        var instance = world.NewInstance();
        var (soon, late, off) = (await AlertWorld.CreateKeyAsync(instance), await AlertWorld.CreateKeyAsync(instance, quota: 1000), await AlertWorld.CreateKeyAsync(instance));
        foreach (var key in new[] { soon, late, off })
        {
            await world.UseAsync(instance, key, 60);
        }

        await instance.Keys.ChangeAsync(off.Key.Id, key => (key.Settings, KeyStatus.Disabled), "tester", CancellationToken.None);
        var rule = new ForecastRule(Recent(world), instance.Get<IUsageReader>(), instance.Get<IKeyService>(), instance.Get<AccountJobs>());
        var found = Assert.Single((await rule.EvaluateAsync(world.Now, CancellationToken.None))!);
        Assert.Equal((soon.Key.Id, 16d, "40"), (found.Subject, found.Value, found.Data["remaining"]));
        Assert.Empty((await rule.EvaluateAsync(world.Now.AddHours(25), CancellationToken.None))!);
    });

    [Theory]
    [InlineData(10_000, 0d, false)]
    [InlineData(10_001, 0d, true)]
    [InlineData(1, 10d, false)]
    [InlineData(1, 10.1, true)]
    [InlineData(0, null, false)]
    public async Task A_queue_that_is_not_worked_off(long length, double? minutes, bool isFound)
    {
        var rule = new QueueBacklogRule(_ => Task.FromResult<IReadOnlyList<QueueStatus>>(
            [new QueueStatus("audit-events", length, 0, minutes is { } age ? TimeSpan.FromMinutes(age) : null), new QueueStatus("alerts", 0, 9, null)]));
        await FoundAsync(rule);
        Assert.Equal(isFound ? ["audit-events"] : [], (await FoundAsync(rule)).Select(found => found.Subject));
    }

    /// <summary>A message that was to be seen an hour after it was sent looks old as it is seen first.</summary>
    [Fact]
    public async Task An_old_message_must_be_seen_twice()
    {
        TimeSpan? age = TimeSpan.FromHours(1);
        var rule = new QueueBacklogRule(_ => Task.FromResult<IReadOnlyList<QueueStatus>>([new QueueStatus("alerts", 1, 0, age)]));
        Assert.Empty(await FoundAsync(rule));
        age = null;
        Assert.Empty(await FoundAsync(rule));
        age = TimeSpan.FromHours(1);
        Assert.Empty(await FoundAsync(rule));
        Assert.Single(await FoundAsync(rule));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    public async Task Poison_messages(long poison, int found) => Assert.Equal(found, (await FoundAsync(new QueuePoisonRule(
        _ => Task.FromResult<IReadOnlyList<QueueStatus>>([new QueueStatus("audit-events", 5, poison, null)])))).Count);

    [Theory]
    [InlineData(30, false)]
    [InlineData(31, true)]
    public void A_job_that_did_not_run(int minutesLate, bool isFound) => AlertWorld.Run(async world =>
    {
        var instance = world.NewInstance();
        var state = instance.Get<TableServiceClient>().GetTableClient("state");
        await state.NoteRunAsync("usage", CancellationToken.None);
        await state.NoteRunAsync("retention", CancellationToken.None, Now.AddMinutes(-minutesLate));
        var rule = new OverdueJobRule(instance.Get<TableServiceClient>(), instance.Get<StorageNames>());
        Assert.Equal(isFound ? ["retention"] : [], (await FoundAsync(rule)).Select(found => found.Subject));
        await state.NoteRunAsync("retention", CancellationToken.None, Now.AddDays(1));
        Assert.Empty(await FoundAsync(rule));
    });

    [Theory]
    [InlineData("2026-11-29T00:29:59Z", false)]
    [InlineData("2026-11-29T00:30:00Z", true)]
    public async Task A_report_that_nobody_asked_for(string now, bool isFound)
    {
        var settings = new SubscriptionSettings { Name = "Daily", Recipients = ["ops@example.com"], Period = ReportPeriodKind.Day, Schedule = SubscriptionSettings.DefaultSchedule, TimeZone = "UTC" };
        var (at, since) = (DateTimeOffset.Parse(now, CultureInfo.InvariantCulture), Now.AddDays(-3));
        var (due, asked) = (new Subscription { Id = "sub_1", Settings = settings, CreatedAt = since, Since = since }, Now.Date.AddMinutes(1));
        var rule = new ReportRule(new MemorySubscriptions(
            due with { LastRunAt = Now.AddDays(-1), LastPeriod = "2026-11-27/2026-11-27" },
            due with { Id = "sub_2", LastRunAt = new DateTimeOffset(asked, TimeSpan.Zero), LastPeriod = "2026-11-28/2026-11-28" },
            due with { Id = "sub_3", Status = SubscriptionStatus.Paused }));
        Assert.Equal(isFound ? ["sub_1 2026-11-28/2026-11-28"] : [], (await rule.EvaluateAsync(at, CancellationToken.None))!.Select(found => $"{found.Subject} {found.Data["days"]}"));
    }

    [Fact]
    public async Task Books_that_do_not_balance()
    {
        var inspector = new Mock<IBookInspector>(MockBehavior.Strict);
        inspector.Setup(it => it.ReadUnbalancedAsync(default)).ReturnsAsync([new Imbalance("key_a", 3)]);
        var found = Assert.Single(await FoundAsync(new BooksRule(inspector.Object)));
        Assert.Equal(("key_a", AlertSeverity.Critical, 3d), (found.Subject, found.Severity, found.Value));
    }

    [Theory]
    [InlineData(401, true)]
    [InlineData(402, true)]
    [InlineData(403, true)]
    [InlineData(200, false)]
    [InlineData(404, false)]
    [InlineData(500, false)]
    public void A_credential_that_is_refused(int status, bool isFound) => AlertWorld.Run(async world =>
    {
        var notes = Notes(world);
        await notes.NoteAsync(Provider("Bearer"), status);
        Assert.Equal(isFound ? [("p", (double)status)] : [], (await FoundAsync(new CredentialRule(notes))).Select(found => (found.Subject, found.Value)));
    });

    [Fact]
    public void The_last_answer_counts_whichever_instance_had_it() => AlertWorld.Run(async world =>
    {
        var (one, other) = (Notes(world), Notes(world));
        await other.NoteAsync(Provider("Bearer"), 200);
        await one.NoteAsync(Provider("Bearer"), 401);

        // It has heard nothing else for less than a few seconds
        await other.NoteAsync(Provider("Bearer"), 200);
        Assert.True(Assert.Single(await one.ReadAsync(CancellationToken.None)).IsRefused);
        await world.PassAsync(CredentialNotes.Freshness);
        var before = world.Calls;
        await other.NoteAsync(Provider("Bearer"), 200);
        await other.NoteAsync(Provider("Bearer"), 200);
        Assert.Equal(before + 1, world.Calls);
        Assert.False(Assert.Single(await one.ReadAsync(CancellationToken.None)).IsRefused);
    });

    [Fact]
    public void Who_has_no_credential_cannot_refuse_it() => AlertWorld.Run(async world =>
    {
        var before = world.Calls;
        await Notes(world).NoteAsync(Provider("none"), 401);
        Assert.Equal(before, world.Calls);
    });

    private static async Task<IReadOnlyList<AlertCondition>> FoundAsync(IAlertRule rule) => (await rule.EvaluateAsync(Now, CancellationToken.None))!;

    private static RecentUsage Recent(AlertWorld world) => world.NewInstance().Get<RecentUsage>();

    private static CredentialNotes Notes(AlertWorld world) => new(
        world.NewInstance().Get<TableServiceClient>(), new StorageNames(Options.Create(new StorageOptions())), world.World.NewClock(), NullLogger<CredentialNotes>.Instance);

    private static Provider Provider(string scheme) => ProxySettings.Catalog(
        ("Providers__p__BaseUrl", "https://api.example.com"), ("Providers__p__AuthScheme", scheme), ("Providers__p__ApiKey", scheme == "none" ? null : "the-credential")).Find("p")!;

    /// <summary>What a key used in its past, by the hour.</summary>
    private static IUsageReader Usage(params (DateTimeOffset At, long Requests)[] past)
    {
        var items = past.Select(hour =>
        {
            var counts = new UsageCounts();
            counts.Add("succeeded", hour.Requests);
            return new UsageItem("key", hour.At, counts);
        }).ToList();
        var usage = new Mock<IUsageReader>(MockBehavior.Strict);
        usage.Setup(it => it.ReadAsync(It.Is<UsageQuery>(query => query.To - query.From == UnusualRateRule.Past), It.IsAny<CancellationToken>())).ReturnsAsync(new UsageReport(items, new UsageCounts()));
        return usage.Object;
    }
}
