using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Usage;
using QuotaFunctions.IntegrationTests.Charging;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.IntegrationTests.Usage;

/// <summary>Refused requests on real tables.</summary>
public sealed class RefusalTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private static readonly DateTimeOffset Now = new(2026, 11, 5, 1, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Two_instances_are_added_up_and_a_stop_stores_what_is_left()
    {
        var prefix = AzuriteFixture.UniqueName()[..16];
        await using var one = await EngineUnderTest.StartAsync(azurite.ConnectionString, prefix);
        await using var two = await EngineUnderTest.StartAsync(azurite.ConnectionString, prefix);
        var key = KeyLocator.New(poolId: null).KeyId;
        one.Get<RefusalCounter>().Add("rate_limited", key);
        two.Get<RefusalCounter>().Add("quota_exhausted", key);
        two.Get<RefusalCounter>().Add("key_missing", keyId: null);

        // Within a second or two, not only when it stops
        await Eventually.TrueAsync(async () => (await ReadAsync(one)).Refused == 2, TimeSpan.FromSeconds(20));
        two.Get<RefusalCounter>().Add("quota_exhausted", key);
        await two.StopAsync();
        var report = await ReadAsync(one);
        Assert.Equal((3, 3), (report.Refused, report.Items.Single(item => item.Group == key).Refused));
        Assert.Equal(
            [("key_missing", 1), ("quota_exhausted", 2), ("rate_limited", 1)],
            (await one.Get<IUsageReader>().ReadFleetAsync(CancellationToken.None)).Refused.Select(code => (code.Key, code.Value)).Order());
        await one.StopAsync();
    }

    [Fact]
    public async Task The_largest_rows_fit_and_days_are_folded_once_by_two_at_once()
    {
        await using var engine = await EngineUnderTest.StartAsync(azurite.ConnectionString, AzuriteFixture.UniqueName()[..16]);
        var store = engine.Get<IRefusalStore>();
        var ids = Enumerable.Range(0, RefusalCounter.MaxKeys).Select(_ => KeyLocator.New(poolId: null).KeyId).ToList();
        var random = new Random(1);
        var total = 0L;
        foreach (var (day, instance) in ((int, string)[])[(20261101, "a"), (20261101, "b"), (20261102, "a"), (20261104, "a")])
        {
            var counts = new RefusedCounts();
            foreach (var id in ids)
            {
                for (var slot = 0; slot < 96; slot++)
                {
                    counts.Add(id, slot, random.Next(1, 1_000_000));
                }
            }

            counts.Codes["rate_limited"] = counts.Sums().Values.Sum();
            total += counts.Total;
            await store.WriteAsync(day, instance, counts, CancellationToken.None);
        }

        await CheckAsync(isFolded: false);
        await Task.WhenAll(FoldAsync(), FoldAsync());
        await FoldAsync();
        await CheckAsync(isFolded: true);
        Assert.Equal([(20261104, "a")], (await store.ReadOpenAsync(isWhole: true, CancellationToken.None)).Select(row => (row.Day, row.Instance)));
        await engine.StopAsync();

        Task FoldAsync() => RefusalFolder.FoldAsync(store, Now, CancellationToken.None);

        async Task CheckAsync(bool isFolded)
        {
            Assert.Equal(total, (await ReadAsync(engine)).Refused);
            var days = await ReadAsync(engine, new UsageQuery { From = Now.AddDays(-10), To = Now.AddDays(1), Granularity = UsageGranularity.Day });
            Assert.Equal(total, days.Refused);
            var (sums, _) = await store.ReadSumsAsync(CancellationToken.None);
            Assert.Equal(isFolded ? 20261102 : 0, sums.Through);

            // By the quarter of an hour, too
            var halves = new[] { (Now.AddDays(-10), Now.AddHours(-3)), (Now.AddHours(-3), Now.AddDays(1)) };
            var parts = new List<long?>();
            foreach (var (from, to) in halves)
            {
                parts.Add((await ReadAsync(engine, new UsageQuery { From = from, To = to })).Refused);
            }

            Assert.Equal(total, parts.Sum());
            Assert.All(parts, part => Assert.NotEqual(0, part));
        }
    }

    private static Task<UsageReport> ReadAsync(EngineUnderTest engine, UsageQuery? query = null) =>
        engine.Get<IUsageReader>().ReadAsync(query ?? new UsageQuery(), CancellationToken.None);
}
