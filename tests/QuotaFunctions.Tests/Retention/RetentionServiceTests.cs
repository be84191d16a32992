using Azure.Data.Tables;
using QuotaFunctions.Core.AdminAudit;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Reporting;
using QuotaFunctions.Core.Retention;
using QuotaFunctions.Tests.Auditing;
using QuotaFunctions.Tests.Charging.Simulation;

namespace QuotaFunctions.Tests.Retention;

/// <summary>How runs begin, go on and end. The world begins on 27 March 2026 at 20:00.</summary>
public sealed class RetentionServiceTests
{
    private static readonly CancellationToken Never = CancellationToken.None;

    [Fact]
    public void The_timer_begins_a_run_a_day_at_its_hour() => AuditWorld.Run(1, async world =>
    {
        var instance = world.NewInstance("a");
        var retention = instance.Get<IRetentionService>();
        Assert.Equal(new DateTimeOffset(2026, 3, 27, 20, 47, 0, TimeSpan.Zero), (await retention.ReadAsync(Never)).NextAt);

        await world.PassAsync(47 * 60);
        for (var hour = 0; hour < 49; hour++)
        {
            var seen = instance.Queues.Messages.Count;
            await retention.StartIfDueAsync(Never);
            Assert.Equal(hour % 24 == 0, instance.Queues.Messages.Count > seen);
            await instance.StepAllAsync(seen);
            var status = await retention.ReadAsync(Never);
            Assert.Equal(hour < 24 ? 28 : hour < 48 ? 29 : 30, status.NextAt!.Value.Day);
            Assert.Equal((20, 47), (status.NextAt!.Value.Hour, status.NextAt!.Value.Minute));

            // The timer is late by some seconds, more or less
            await world.PassAsync(world.World.ServiceTime.Minute == 47 ? 3600 - world.World.ServiceTime.Second + (hour % 7) : 60);
        }
    });

    [Fact]
    public void A_run_that_goes_on_is_not_begun_again_and_one_that_stands_still_is_asked_for() => AuditWorld.Run(2, async world =>
    {
        var instance = world.NewInstance("a");
        var retention = instance.Get<IRetentionService>();
        Assert.True((await retention.StartAsync(Never)).IsRunning);
        await retention.StartAsync(Never);
        await retention.StartIfDueAsync(Never);
        Assert.Single(instance.Queues.Messages);

        // The message is lost
        await world.PassAsync(16 * 60);
        await retention.StartIfDueAsync(Never);
        await retention.StartIfDueAsync(Never);
        Assert.Equal(2, instance.Queues.Messages.Count);
        Assert.Equal(instance.Queues.Messages[0].Text, instance.Queues.Messages[1].Text);
        await instance.StepAllAsync(1);
        Assert.False((await retention.ReadAsync(Never)).IsRunning);

        // And comes after all
        var count = instance.Queues.Messages.Count;
        await retention.StepAsync(instance.Queues.Messages[0].Text, Never);
        Assert.Equal(count, instance.Queues.Messages.Count);
    });

    [Fact]
    public void A_step_that_storage_fails_on_is_tried_again_later_and_then_the_next_stage_goes_on() => AuditWorld.Run(3, async world =>
    {
        var instance = world.NewInstance("a");
        var retention = instance.Get<IRetentionService>();
        await AddActionAsync(instance, world.World.ServiceTime);
        world.Tables.Throttled.Add(AlertPartition);
        await world.PassAsync(TimeSpan.FromDays(800).TotalSeconds);

        await retention.StartAsync(Never);
        await instance.StepAllAsync(0);

        var retries = instance.Queues.Messages.Count(message => message.Text.Contains("\"attempt\":4", StringComparison.Ordinal));
        Assert.Equal(1, retries);
        var status = await retention.ReadAsync(Never);
        Assert.Equal((false, 1, 1L), (status.IsRunning, status.LastFailures, status.LastDeleted));
    });

    [Fact]
    public void A_message_that_is_none_is_refused() => AuditWorld.Run(4, async world =>
    {
        var retention = world.NewInstance("a").Get<IRetentionService>();
        await Assert.ThrowsAsync<System.Text.Json.JsonException>(() => retention.StepAsync("{}", Never));
        await retention.StepAsync("""{"run":"unknown","attempt":0}""", Never);
    });

    /// <summary>The month that a limit lies in stays whole, and so does what is younger.</summary>
    [Fact]
    public void What_lies_in_ranges_by_time_goes_up_to_its_limit() => AuditWorld.Run(5, async world =>
    {
        var instance = world.NewInstance("a");
        var start = world.World.ServiceTime;
        var now = start.AddDays(1000);
        await world.PassAsync(TimeSpan.FromDays(1000).TotalSeconds);
        foreach (var months in Enumerable.Range(0, 34))
        {
            var at = start.AddMonths(months);
            await AddActionAsync(instance, at);
            var report = NewestFirstId.New(at);
            Add(world, "reports", ReportRow.PartitionOf(at), report);
            Add(world, "reports", ReportRow.PartitionOfParts(report), $"{report}:x:0000");
            Add(world, "mails", $"report-{report}-0123456789abcdef", "head:x");
            Add(world, "mails", $"alert-{at.UtcTicks:D19}-x-y", "head:x");
            Add(world, "alerts", AlertPartition, $"alert:past:{NewestFirstId.Inverted(at)}:x");
            Add(world, "alerts", AlertPartition, $"known:{months}");
            Add(world, "alerts", AlertPartition, $"alert:live:{NewestFirstId.Inverted(at)}:x");
            Add(world, "usage", $"day-{at.UtcDateTime:yyyyMMdd}", "key_1");
            Add(world, "usage", "fleet", $"{at.UtcDateTime:yyyyMMdd}");
            Add(world, "usage", "refused-days", $"refused-{at.UtcDateTime:yyyyMMdd}");
        }

        Add(world, "usage", "refused-days", "refused-sums");
        Add(world, "usage", "keys", "key_1");

        await instance.RunRetentionAsync();

        // A thousand days later it is 21 December 2028: 730 days before is December 2026, 365 December 2027, 800 October 2026
        Assert.Equal((2028, 12), (now.Year, now.Month));
        Assert.Equal(34 - 9, Count("adminaudit", ""));
        Assert.Equal(34 - 21, Count("reports", "month-"));
        Assert.Equal(34 - 21, Count("reports", "content-"));
        Assert.Equal(34 - 21, Count("mails", "report-"));
        Assert.Equal(34 - 21, Count("mails", "alert-"));
        Assert.Equal(34 + 34 + 34 - 21, Count("alerts", ""));
        Assert.Equal(34 - 7, Count("usage", "day-"));
        Assert.Equal(34 - 7 + 1, Count("usage", "refused-days"));
        Assert.Equal(34, Count("usage", "fleet"));
        Assert.Equal(1, Count("usage", "keys"));

        int Count(string table, string begins) => world.Tables.Query(table, null).Count(row => row.PartitionKey.StartsWith(begins, StringComparison.Ordinal));
    });

    [Fact]
    public void A_step_ends_once_its_rows_are_deleted() => AuditWorld.Run(6, async world =>
    {
        var instance = world.NewInstance("a");
        await world.PassAsync(TimeSpan.FromDays(400).TotalSeconds);
        for (var i = 0; i < 25_000; i++)
        {
            Add(world, "alerts", AlertPartition, $"alert:past:{NewestFirstId.Inverted(world.World.ServiceTime.AddDays(-390))}:{i:D5}");
        }

        await instance.RunRetentionAsync();

        Assert.Empty(world.Tables.Query("alerts", null));
        Assert.Equal(25_000, (await instance.Get<IRetentionService>().ReadAsync(Never)).LastDeleted);
        Assert.InRange(instance.Queues.Messages.Count, 12, 20);
    });

    private const string AlertPartition = "alerts";

    private static Task AddActionAsync(SimulatedInstance instance, DateTimeOffset at) =>
        new AdminAuditTable(instance.Get<TableServiceClient>(), instance.Get<StorageNames>(), instance.Clock)
            .BeginAsync(new AdminAction { At = at, Actor = "admin", RequestId = "r", Method = "POST", Route = "/" }, Never);

    private static void Add(AuditWorld world, string table, string partition, string row) =>
        world.Tables.Apply(table, [new(TableTransactionActionType.UpsertReplace, new TableEntity(partition, row))]);
}
