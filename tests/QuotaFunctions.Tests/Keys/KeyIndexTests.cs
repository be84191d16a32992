using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Tests.Charging.Simulation;
using static QuotaFunctions.Tests.Keys.KeyWorld;

namespace QuotaFunctions.Tests.Keys;

public sealed class KeyIndexTests
{
    /// <summary>The process dies at each of its writes: when the intent is there, when the act is done, when the index is written.</summary>
    [Theory]
    [InlineData("keys", KeyIndexEntity.Intents, false)]
    [InlineData("accounts", LedgerAdjustments.Revoked, true)]
    public void A_process_that_dies_in_between_leaves_no_list_wrong(string table, string says, bool isRevoked) => Run(async world =>
    {
        var instance = world.NewInstance();
        var id = (await CreateAsync(instance)).Key.Id;
        world.Once(table, says, instance.Kill);
        _ = instance.Keys.RevokeAsync(id, "tester", default);
        await world.World.DelayAsync(TimeSpan.FromSeconds(10));

        var other = world.NewInstance();
        Assert.Equal((isRevoked ? 0 : 1, isRevoked ? 0 : 1), Counts(await ListAsync(other)));
        Assert.Equal((isRevoked ? 1 : 0, isRevoked ? 1 : 0), Counts(await ListAsync(other, new KeyQuery { Status = KeyStatus.Revoked })));
        Assert.Single(Intents(world));

        // It may belong to an act that is going on, for a day
        await world.World.DelayAsync(TimeSpan.FromHours(25));
        Assert.Equal(isRevoked ? 0 : 1, (await ListAsync(other)).Total);
        Assert.Empty(Intents(world));
    });

    [Fact]
    public void A_key_whose_process_died_before_it_was_in_the_index_is_listed() => Run(async world =>
    {
        var instance = world.NewInstance();
        world.Once("accounts", "key:", () => instance.Kill());
        _ = CreateAsync(instance, "Ada");
        await world.World.DelayAsync(TimeSpan.FromSeconds(10));
        Assert.Equal("Ada", Assert.Single((await ListAsync(world.NewInstance())).Keys).Settings.Name);
    });

    [Fact]
    public void An_act_that_was_carried_out_after_its_503_is_in_the_next_list() => Run(async world =>
    {
        var instance = world.NewInstance();
        var id = (await CreateAsync(instance)).Key.Id;
        world.Once("accounts", LedgerAdjustments.Revoked, () => world.Tables.IsDown = true);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => instance.Keys.RevokeAsync(id, "tester", default));
        world.Tables.IsDown = false;
        Assert.Equal(0, (await ListAsync(instance)).Total);
    });

    [Fact]
    public void An_act_that_is_done_is_answered_though_the_index_cannot_be_written_and_the_next_list_is_right() => Run(async world =>
    {
        var instance = world.NewInstance();
        var id = (await CreateAsync(instance)).Key.Id;
        world.Once("accounts", LedgerAdjustments.Changed, () => world.Tables.Fate = isWrite => isWrite ? Mishap.LostBefore : Mishap.None);
        Assert.Equal("new", (await ChangeAsync(instance, id, settings => settings with { Name = "new" })).Settings.Name);
        world.Tables.Fate = _ => Mishap.None;
        Assert.Equal(1, (await ListAsync(instance, new KeyQuery { Name = "new" })).Total);
    });

    [Fact]
    public void Without_an_intent_nothing_is_done() => Run(async world =>
    {
        var instance = world.NewInstance();
        var issued = await CreateAsync(instance);
        world.Tables.Fate = isWrite => isWrite ? Mishap.LostBefore : Mishap.None;
        await Assert.ThrowsAnyAsync<Exception>(() => instance.Keys.RevokeAsync(issued.Key.Id, "tester", default));
        world.Tables.Fate = _ => Mishap.None;
        Assert.Null(await ChargeAsync(instance, issued.Secret));
    });

    [Fact]
    public void What_is_finished_leaves_no_intent() => Run(async world =>
    {
        var instance = world.NewInstance();
        var id = (await CreateAsync(instance)).Key.Id;
        await ChangeAsync(instance, id, status: KeyStatus.Disabled);
        await Assert.ThrowsAsync<InvalidOperationException>(() => ChangeAsync(instance, id, _ => throw new InvalidOperationException()));
        await instance.Keys.RevokeAsync(id, "tester", default);
        Assert.Empty(Intents(world));
    });

    /// <summary>Instances change the same keys at once, and what is sent is lost, late, or carried out twice.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void After_rest_the_index_says_what_the_records_say(int seed) => Run(
        async world =>
        {
            var instances = Enumerable.Range(0, 3).Select(_ => world.NewInstance()).ToList();
            var ids = new List<string>();
            for (var i = 0; i < 4; i++)
            {
                ids.Add((await CreateAsync(instances[0])).Key.Id);
            }

            var random = world.World.Random;
            world.Tables.Fate = _ => random.Next(12) == 0 ? (Mishap)random.Next(1, 6) : Mishap.None;
            await Task.WhenAll(instances.SelectMany(instance => Enumerable.Range(0, 25).Select(number => ActAsync(instance, number))));
            world.Tables.Fate = _ => Mishap.None;
            await world.World.DelayAsync(TimeSpan.FromMinutes(2));

            var reader = world.NewInstance();
            await ListAsync(reader);
            var index = await reader.Get<KeyIndex>().ReadAsync(default);
            Assert.Equal(index.Count, index.DistinctBy(entry => entry.Id).Count());
            foreach (var id in ids)
            {
                var key = await reader.Store.LoadKeyAsync(KeyLocator.TryParse(id, out var locator) ? locator : default, default);
                Assert.Equal(IndexedKey.Of(key!), index.Single(entry => entry.Id == id));
            }

            async Task ActAsync(SimulatedInstance instance, int number)
            {
                await world.World.DelayAsync(TimeSpan.FromMilliseconds(random.Next(5000)));
                try
                {
                    await (random.Next(4) == 0
                        ? (Task)ListAsync(instance)
                        : ChangeAsync(instance, ids[random.Next(ids.Count)], settings => settings with { Name = $"{number}" }, (KeyStatus)random.Next(2)));
                }
                catch (Exception failure) when (Core.Hosting.StorageErrors.IsTransient(failure))
                {
                    // Tried, and perhaps done
                }
            }
        },
        seed);

    [Fact]
    public void A_bucket_holds_many_keys_of_long_names_and_says_so_when_it_is_full()
    {
        var random = new Random(1);
        var keys = Enumerable.Range(0, 4000).Select(number => new IndexedKey(
            KeyLocator.New(null).KeyId, string.Concat(Enumerable.Range(0, 40).Select(_ => (char)random.Next('a', 'z'))), "tenant", KeyStatus.Active, null)).ToList();
        var row = KeyIndexEntity.Of("a0", keys);
        Assert.All(row.Select(property => property.Value).OfType<byte[]>(), part => Assert.InRange(part.Length, 1, 64 * 1024));
        Assert.Equal(keys, KeyIndexEntity.ToKeys(row));

        var tooMany = Enumerable.Range(0, 10).SelectMany(copy => keys.Select(key => key with { Id = KeyLocator.New(null).KeyId, Tenant = key.Name + copy }));
        Assert.Throws<InvalidOperationException>(() => KeyIndexEntity.Of("a0", [.. tooMany]));
    }

    private static (int, int) Counts(KeyPage page) => (page.Total, page.Keys.Count);

    private static IEnumerable<Azure.Data.Tables.TableEntity> Intents(KeyWorld world) =>
        world.Tables.Query("keys", $"PartitionKey eq '{KeyIndexEntity.Intents}'");
}
