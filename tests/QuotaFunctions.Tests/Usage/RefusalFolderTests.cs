using System.Globalization;
using NodaTime;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Usage;

namespace QuotaFunctions.Tests.Usage;

/// <summary>Days are folded once, and read the same before, meanwhile and after.</summary>
public sealed class RefusalFolderTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 5, 1, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Now);
    private readonly MemoryRefusals _store = new();

    [Fact]
    public async Task Days_before_yesterday_are_folded_and_the_figures_stay()
    {
        await FillAsync();
        await CheckAsync();
        await FoldAsync();
        Assert.Equal([20261101, 20261103], _store.Days);
        Assert.Equal([(20261104, "a"), (20261104, "b"), (20261105, "a")], _store.Open);
        await CheckAsync();

        var writes = _store.Writes;
        await FoldAsync();
        Assert.Equal(writes, _store.Writes);
    }

    [Fact]
    public async Task Killed_at_any_write_it_goes_on_later_and_nothing_counts_twice()
    {
        await FillAsync();
        var filled = _store.Writes;
        for (var (step, isCarriedOut) = (1, false); ; (step, isCarriedOut) = (isCarriedOut ? step + 1 : step, !isCarriedOut))
        {
            var store = new MemoryRefusals();
            await FillAsync(store);
            (store.KilledAt, store.IsCarriedOut) = (filled + step, isCarriedOut);
            try
            {
                await RefusalFolder.FoldAsync(store, Now, CancellationToken.None);
                Assert.Equal(6, step); // Two days, and three rows of instances: then all was gone through
                return;
            }
            catch (TimeoutException)
            {
                await CheckAsync(store);
            }

            await RefusalFolder.FoldAsync(store, Now, CancellationToken.None);
            Assert.Equal(3, store.Open.Count());
            await CheckAsync(store);
        }
    }

    [Fact]
    public async Task What_comes_after_its_day_was_folded_does_not_count_and_goes()
    {
        await FillAsync();
        await FoldAsync();
        await WriteAsync(_store, 20261101, "late", ("key_a", 0, 7));
        Assert.Equal(15, await TotalAsync(_store));
        await FoldAsync();
        Assert.DoesNotContain((20261101, "late"), _store.Open);
        Assert.Equal(15, await TotalAsync(_store));
    }

    [Theory]
    [InlineData("UTC", "2026-11-03T23:30Z", "2026-11-04T00:00Z", 2)]
    [InlineData("Asia/Kathmandu", "2026-11-03T18:15Z", "2026-11-04T18:15Z", 5)] // 4 November there
    [InlineData("Asia/Kathmandu", "2026-11-03T18:30Z", "2026-11-04T18:15Z", 2)]
    public async Task A_day_of_any_zone_has_its_own_before_and_after_it_is_folded(string zone, string from, string to, long count)
    {
        await WriteAsync(_store, 20261103, "a", ("key_a", 72, 1), ("key_b", 73, 3), ("key_a", 95, 2), ("key_a", 94, 0));
        await WriteAsync(_store, 20261104, "a", ("key_a", 73, 5));
        for (var i = 0; i < 2; i++)
        {
            var report = await ReadAsync(new UsageQuery
            {
                From = DateTimeOffset.Parse(from, CultureInfo.InvariantCulture),
                To = DateTimeOffset.Parse(to, CultureInfo.InvariantCulture),
                Zone = DateTimeZoneProviders.Tzdb[zone],
                Granularity = UsageGranularity.Day,
            });
            Assert.Equal(count, report.Refused);
            Assert.Equal(count, report.Items.Sum(item => item.Refused));
            await RefusalFolder.FoldAsync(_store, Now.AddDays(2), CancellationToken.None);
        }
    }

    [Fact]
    public async Task Refusals_are_told_by_key_and_tenant_but_not_by_provider_and_model()
    {
        await FillAsync();
        await WriteAsync(_store, 20261105, "c", (UsageSum.Other, 0, 100));

        var byKey = await ReadAsync(new UsageQuery());
        Assert.Equal(115, byKey.Refused);
        Assert.Equal([("key_a", 9L), ("key_b", 6L)], byKey.Items.Select(item => (item.Group!, item.Refused!.Value)));
        Assert.Equal([(null, 6L), ("acme", 9L)], (await ReadAsync(new UsageQuery { GroupBy = UsageGroup.Tenant })).Items.Select(item => (item.Group, item.Refused!.Value)));

        // Who asks for a tenant's or for one key's is told nothing of others
        Assert.Equal(9, (await ReadAsync(new UsageQuery { Tenant = "acme" })).Refused);
        Assert.Equal(6, (await ReadAsync(new UsageQuery { KeyId = "key_b" })).Refused);
        Assert.Equal(0, (await ReadAsync(new UsageQuery { Tenant = "other" })).Refused);

        // Nobody knows where they would have gone
        foreach (var group in (UsageGroup[])[UsageGroup.Model, UsageGroup.Provider])
        {
            var report = await ReadAsync(new UsageQuery { GroupBy = group });
            Assert.Equal(115, report.Refused);
            Assert.All(report.Items, item => Assert.Null(item.Refused));
            Assert.Equal(9, (await ReadAsync(new UsageQuery { GroupBy = group, Tenant = "acme" })).Refused);
        }

        foreach (var query in (UsageQuery[])[new() { Model = "gpt" }, new() { Provider = "openai" }])
        {
            var report = await ReadAsync(query);
            Assert.Null(report.Refused);
            Assert.All(report.Items, item => Assert.Null(item.Refused));
        }
    }

    [Fact]
    public void The_sums_of_all_days_are_bounded_and_nothing_is_missing()
    {
        var sums = new RefusedSums();
        for (var day = 1; day <= 12; day++)
        {
            var counts = new RefusedCounts();
            for (var key = 0; key < RefusedCounts.MaxKeys; key++)
            {
                counts.Add($"key_{day}_{key}", slot: 0, 1 + key);
            }

            sums = sums.Plus(20261100 + day, counts);
        }

        Assert.Equal(RefusedSums.MaxKeys + 1, sums.Keys.Count);
        Assert.Equal(12L * RefusedCounts.MaxKeys * (RefusedCounts.MaxKeys + 1) / 2, sums.Keys.Values.Sum());
        Assert.Equal(20261112, sums.Through);
    }

    private static async Task WriteAsync(MemoryRefusals store, int day, string instance, params (string Key, int Slot, long Count)[] refused)
    {
        var counts = new RefusedCounts();
        foreach (var (key, slot, count) in refused)
        {
            counts.Add(key, slot, count);
        }

        counts.Codes["rate_limited"] = refused.Sum(it => it.Count);
        await store.WriteAsync(day, instance, counts, CancellationToken.None);
    }

    /// <summary>On six rows of four days: 9 of one key, 6 of another. Each row was written twice, as a repeated write is.</summary>
    private static async Task FillAsync(MemoryRefusals store)
    {
        for (var i = 0; i < 2; i++)
        {
            await WriteAsync(store, 20261101, "a", ("key_a", 0, 1), ("key_b", 95, 2));
            await WriteAsync(store, 20261101, "b", ("key_a", 0, 3));
            await WriteAsync(store, 20261103, "a", ("key_b", 50, 4));
            await WriteAsync(store, 20261104, "a", ("key_a", 1, 2));
            await WriteAsync(store, 20261104, "b", ("key_a", 1, 2));
            await WriteAsync(store, 20261105, "a", ("key_a", 3, 1));
        }
    }

    private static async Task<long?> TotalAsync(MemoryRefusals store) => (await ReadAsync(store, new UsageQuery())).Refused;

    private static async Task CheckAsync(MemoryRefusals store)
    {
        Assert.Equal(15, await TotalAsync(store));
        Assert.Equal(15, (await new RefusalReader(store, new FakeTimeProvider(Now)).ReadSumsAsync(CancellationToken.None)).Codes["rate_limited"]);
        var byDay = await ReadAsync(store, new UsageQuery { From = Now.AddDays(-10), Granularity = UsageGranularity.Day });
        Assert.Equal([4, 4, 1, 2, 4], byDay.Items.Select(item => item.Refused!.Value));
        var midnight = Now.AddHours(-1).AddDays(-4);
        Assert.Equal(4, (await ReadAsync(store, new UsageQuery { From = midnight.AddHours(-1), To = midnight.AddMinutes(15), KeyId = "key_a" })).Refused);
    }

    private static async Task<UsageReport> ReadAsync(MemoryRefusals store, UsageQuery query)
    {
        var keys = new Dictionary<string, IndexedKey>
        {
            ["key_a"] = new("key_a", "a", "acme", KeyStatus.Active, null),
            ["key_b"] = new("key_b", "b", null, KeyStatus.Active, null),
        };
        var totals = new UsageTotals(query, keys.Where(key => query.Tenant is null || key.Value.Tenant == query.Tenant).ToDictionary(), Now);
        await new RefusalReader(store, new FakeTimeProvider(Now)).AddAsync(query, totals, CancellationToken.None);
        return totals.ToReport();
    }

    private Task FillAsync() => FillAsync(_store);

    private Task CheckAsync() => CheckAsync(_store);

    private Task FoldAsync() => RefusalFolder.FoldAsync(_store, _time.GetUtcNow(), CancellationToken.None);

    private Task<UsageReport> ReadAsync(UsageQuery query) => ReadAsync(_store, query);
}
