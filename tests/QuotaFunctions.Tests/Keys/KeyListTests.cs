using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Usage;
using static QuotaFunctions.Tests.Keys.KeyWorld;

namespace QuotaFunctions.Tests.Keys;

public sealed class KeyListTests
{
    [Fact]
    public void A_list_is_filtered_by_name_tenant_status_and_expiry() => Run(async world =>
    {
        var instance = world.NewInstance();
        var now = world.World.ServiceTime;
        var active = (await CreateAsync(instance, "one", "t")).Key.Id;
        var disabled = (await CreateAsync(instance, "two", "t")).Key.Id;
        var expired = (await CreateAsync(instance, "ONE more", "t", expiresAt: now.AddMinutes(1))).Key.Id;
        var revoked = (await CreateAsync(instance, "one", "t")).Key.Id;
        var foreign = (await CreateAsync(instance, "one", "T")).Key.Id;
        await ChangeAsync(instance, disabled, status: KeyStatus.Disabled);
        await instance.Keys.RevokeAsync(revoked, "tester", default);
        await world.World.DelayAsync(TimeSpan.FromMinutes(1));

        await ShowsAsync(new KeyQuery(), active, disabled, expired, foreign);
        await ShowsAsync(new KeyQuery { Tenant = "t" }, active, disabled, expired);
        await ShowsAsync(new KeyQuery { Tenant = "t", Name = "one" }, active, expired);
        await ShowsAsync(new KeyQuery { Status = KeyStatus.Active, Expired = false }, active, foreign);
        await ShowsAsync(new KeyQuery { Status = KeyStatus.Disabled, Expired = false }, disabled);
        await ShowsAsync(new KeyQuery { Expired = true }, expired);
        await ShowsAsync(new KeyQuery { Status = KeyStatus.Revoked }, revoked);
        await ShowsAsync(new KeyQuery { Tenant = "nobody" });

        async Task ShowsAsync(KeyQuery query, params string[] ids)
        {
            foreach (var reader in new[] { instance, world.NewInstance() })
            {
                var page = await ListAsync(reader, query);
                Assert.Equal(ids.Order(StringComparer.Ordinal), page.Keys.Select(key => key.Id));
                Assert.Equal((ids.Length, null), (page.Total, page.Next));
            }
        }
    });

    [Theory]
    [InlineData(KeySort.Name, "a little", "B none", "c all", "d unlimited")]
    [InlineData(KeySort.Used, "c all", "a little", "B none", "d unlimited")]
    [InlineData(KeySort.Remaining, "c all", "a little", "B none", "d unlimited")]
    [InlineData(KeySort.LastUsed, "a little", "c all", "B none", "d unlimited")]
    [InlineData(KeySort.Created, "a little", "d unlimited", "c all", "B none")]
    public void A_list_is_sorted_over_all_its_pages(KeySort sort, params string[] names) => Run(async world =>
    {
        var instance = world.NewInstance();
        await NewAsync("B none");
        var all = await NewAsync("c all");
        await NewAsync("d unlimited", QuotaType.Time);
        var little = await NewAsync("a little");
        await CopyAsync(all, used: 1000, world.World.ServiceTime);
        await CopyAsync(little, used: 10, world.World.ServiceTime.AddSeconds(1));

        var seen = new List<string>();
        KeyPage page = new(0, [], null);
        do
        {
            page = await ListAsync(instance, new KeyQuery { Limit = 1, Sort = sort, Cursor = page.Next });
            seen.AddRange(page.Keys.Select(key => key.Settings.Name));
        }
        while (page.Next is not null);

        // Those that were never used stand by their ids
        Assert.Equal(names, sort == KeySort.LastUsed ? [.. seen.Take(2), .. seen.Skip(2).Order(StringComparer.OrdinalIgnoreCase)] : seen);

        async Task<IssuedKey> NewAsync(string name, QuotaType type = QuotaType.Count)
        {
            await world.World.DelayAsync(TimeSpan.FromSeconds(1));
            var settings = new KeySettings { Name = name, Quota = 1000, QuotaType = type, ExpiresAt = type == QuotaType.Time ? world.World.ServiceTime.AddDays(1) : null };
            return await instance.Keys.CreateAsync(settings, "trial", null, "tester", default);
        }

        // As the half-minutely copying does
        Task CopyAsync(IssuedKey issued, long used, DateTimeOffset at) => instance.Get<TableServiceClient>()
            .GetTableClient(instance.Get<StorageNames>().Usage)
            .UpsertEntityAsync(UsageEntity.Of(
                issued.Key.Id, new UsageSum(), new QuotaSnapshot { Type = QuotaType.Count, Limit = 1000, Used = used, Remaining = 1000 - used }, at));
    });

    [Fact]
    public void A_sorted_list_goes_on_behind_its_last_key_though_that_one_stands_elsewhere_by_then() => Run(async world =>
    {
        var instance = world.NewInstance();
        var first = await CreateAsync(instance, "a");
        await CreateAsync(instance, "b");
        var page = await ListAsync(instance, new KeyQuery { Limit = 1, Sort = KeySort.Name });
        await ChangeAsync(instance, first.Key.Id, settings => settings with { Name = "z" });
        var next = await ListAsync(instance, new KeyQuery { Sort = KeySort.Name, Cursor = page.Next });
        Assert.Equal(["b", "z"], next.Keys.Select(key => key.Settings.Name));
    });

    [Fact]
    public void The_pages_of_a_sorted_list_are_of_the_same_copies_for_half_a_minute() => Run(async world =>
    {
        var instance = world.NewInstance();
        await CreateAsync(instance);
        var query = new KeyQuery { Sort = KeySort.Used };
        await ListAsync(instance, query);
        Assert.Equal(1 + 1, await world.CountCallsAsync(() => ListAsync(instance, query)));
        await world.World.DelayAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(1 + 1 + 1, await world.CountCallsAsync(() => ListAsync(instance, query)));
    });

    [Fact]
    public void Copies_that_take_long_to_read_are_kept_for_longer() => Run(async world =>
    {
        var instance = world.NewInstance();
        await CreateAsync(instance);
        var query = new KeyQuery { Sort = KeySort.Used };
        instance.Distance = 20_000;
        await ListAsync(instance, query);
        instance.Distance = 1;
        await world.World.DelayAsync(TimeSpan.FromSeconds(31));
        Assert.Equal(1 + 1, await world.CountCallsAsync(() => ListAsync(instance, query)));
        await world.World.DelayAsync(TimeSpan.FromSeconds(600));
        Assert.Equal(1 + 1 + 1, await world.CountCallsAsync(() => ListAsync(instance, query)));
    });

    [Fact]
    public void A_list_shows_how_keys_stand_now_whatever_the_index_says() => Run(async world =>
    {
        var instance = world.NewInstance();
        var issued = await CreateAsync(instance);
        await ChargeAsync(instance, issued.Secret);
        Assert.Equal(1, Assert.Single((await ListAsync(world.NewInstance())).Keys).Quota.Used);
    });

    [Fact]
    public void Pages_yield_every_key_once_while_others_are_made() => Run(async world =>
    {
        var instance = world.NewInstance();
        var pool = await instance.Pools.CreateAsync(new PoolSettings { Name = "p", Quota = 1 }, default);
        var before = new List<string>();
        for (var i = 0; i < 25; i++)
        {
            before.Add((await CreateAsync(instance, pool: i % 2 == 0 ? pool.Id : null)).Key.Id);
        }

        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = await ListAsync(instance, new KeyQuery { Limit = 4, Cursor = cursor });
            Assert.InRange(page.Keys.Count, 1, 4);
            seen.AddRange(page.Keys.Select(key => key.Id));
            cursor = page.Next;
            await CreateAsync(instance);
        }
        while (cursor is not null);
        Assert.Equal(seen.Count, seen.Distinct().Count());
        Assert.Superset(before.ToHashSet(), seen.ToHashSet());
    });

    [Fact]
    public void A_list_reads_what_changed_and_what_it_shows_and_nothing_else() => Run(async world =>
    {
        var instance = world.NewInstance();
        for (var i = 0; i < 40; i++)
        {
            await CreateAsync(instance);
        }

        // The versions of all buckets in one call, and the records of a page
        await ListAsync(instance);
        Assert.Equal(1 + 10, await world.CountCallsAsync(() => ListAsync(instance, new KeyQuery { Limit = 10 })));
        await CreateAsync(world.NewInstance());
        Assert.Equal(1 + 1 + 10, await world.CountCallsAsync(() => ListAsync(instance, new KeyQuery { Limit = 10 })));
    });
}
