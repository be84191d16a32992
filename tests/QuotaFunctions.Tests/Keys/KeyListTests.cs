using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Keys;
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
