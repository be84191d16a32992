using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Usage;
using QuotaFunctions.IntegrationTests.Charging;
using QuotaFunctions.TestSupport;
using Xunit.Abstractions;

namespace QuotaFunctions.IntegrationTests.Usage;

/// <summary>Usage on real tables, with more keys than anybody makes by hand.</summary>
public sealed class UsageReaderTests(AzuriteFixture azurite, ITestOutputHelper output) : IClassFixture<AzuriteFixture>
{
    internal const int Keys = 10_000;
    private const int Day = 20261101;

    private static readonly TimeProvider Clock = TimeProvider.System;
    internal static readonly DateTimeOffset Noon = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly (string Name, UsageQuery Query)[] Queries =
    [
        ("in all, by key", new UsageQuery()),
        ("in all, by model", new UsageQuery { GroupBy = UsageGroup.Model }),
        ("a day, by key", new UsageQuery { From = Noon.AddHours(-12), To = Noon.AddHours(12) }),
        ("a day, by model", new UsageQuery { From = Noon.AddHours(-12), To = Noon.AddHours(12), GroupBy = UsageGroup.Model }),
        ("an hour, by key", new UsageQuery { From = Noon, To = Noon.AddHours(1) }),
    ];

    [Fact]
    public async Task Usage_of_ten_thousand_keys_is_added_up_exactly()
    {
        await using var engine = await EngineUnderTest.StartAsync(azurite.ConnectionString, AzuriteFixture.UniqueName()[..16]);
        await FillAsync(engine);
        foreach (var (name, query) in Queries)
        {
            var started = Clock.GetTimestamp();
            var report = await engine.Get<IUsageReader>().ReadAsync(query, CancellationToken.None);

            // Printed, not held to, as machines differ (docs/performance.md).
            output.WriteLine($"{name}: {Clock.GetElapsedTime(started).TotalMilliseconds:0} ms");
            Assert.Equal((Keys, 3L * Keys), (report.Total.Requests, report.Total.Units));
        }

        await engine.StopAsync();
    }

    /// <summary>Writes what the service would have: for each key a request of 3 units, at noon.</summary>
    internal static async Task FillAsync(EngineUnderTest engine)
    {
        var table = engine.Get<TableServiceClient>().GetTableClient(engine.Get<StorageNames>().Usage);
        var change = new UsageChange("", Noon, new UsageSum());
        var counts = change.Sum.Of("openai", "gpt");
        counts.Add("succeeded", 1);
        counts.Units = 3;
        counts.Latency.Add(800);
        var ids = Enumerable.Range(0, Keys).Select(_ => KeyLocator.New(poolId: null).KeyId).ToList();
        var quota = new QuotaSnapshot { Type = QuotaType.Count, Limit = 100, Used = 3, Remaining = 97 };
        var days = ids.Select(id => UsageEntity.Of(KeyDay.Of(id, Day, row: null).Plus([change]), QuotaUnit.Requests));
        var keys = ids.Select(id => UsageEntity.Of(id, change.Sum, quota, Noon));
        var total = new UsageSum();
        ids.ForEach(_ => total.Add(change.Sum));
        TableEntity[] fleet = [UsageEntity.Of(new FleetDay(Day, total, new Dictionary<QuotaUnit, long> { [QuotaUnit.Requests] = 3 * Keys }))];
        foreach (var some in days.Chunk(100).Concat(keys.Chunk(100)).Append(fleet))
        {
            await table.SubmitTransactionAsync(some.Select(row => new TableTransactionAction(TableTransactionActionType.Add, row)));
        }
    }
}
