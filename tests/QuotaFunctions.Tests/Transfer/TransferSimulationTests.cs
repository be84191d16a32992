using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Transfer;
using QuotaFunctions.Tests.Auditing;
using QuotaFunctions.Tests.Charging.Simulation;
using QuotaFunctions.Tests.Retention;
using static QuotaFunctions.Tests.Transfer.TransferWorld;

namespace QuotaFunctions.Tests.Transfer;

/// <summary>Exports and imports between two simulated storages.</summary>
public sealed class TransferSimulationTests
{
    [Fact]
    public void Archived_sums_and_open_holds_go_along_and_the_other_side_settles_what_nobody_ends() => AuditWorld.Run(1, async world =>
    {
        var source = world.NewInstance("source");
        var key = await source.IssueAsync();
        await source.ConsumeAndCompactAsync(key, 3);
        await world.PassDaysAsync(900);
        await source.RunRetentionAsync();
        await source.ConsumeAndCompactAsync(key, 2);
        var hold = await key.ForwardAsync(source, 40);
        var before = await source.VerifyAsync(key.Locator.KeyId);
        Assert.Equal(45, before!.Used);
        var export = await ExportAsync(source);

        var copy = NewStorage(world);
        var result = await ImportAsync(copy, export);
        Assert.Equal(1, result.Imported);
        Assert.Equal(before, await copy.VerifyAsync(key.Locator.KeyId));
        for (var i = 0; i < 10; i++)
        {
            await world.PassAsync(600);
            await copy.Sweeper.SweepAsync(CancellationToken.None);
        }

        var outcomes = await key.OutcomesAsync(copy);
        Assert.Equal(OutcomeNames.Of(ChargeOutcome.Unknown), outcomes[0]);
        await copy.AssertBalancedAsync(key, 45);
        Assert.NotNull(hold);
    });

    [Fact]
    public void A_secret_of_an_earlier_system_spends_what_was_left() => AuditWorld.Run(2, async world =>
    {
        var instance = world.NewInstance("one");
        Assert.True(KeySecret.TryParse("sk-old-and-of-another-form", out var secret));
        var line = $$"""{"type":"key","secret_sha256":"{{secret.Hash}}","name":"Ada","quota":3,"used":1}""";
        Assert.Equal(1, (await ImportAsync(instance, ExportedFile.OfKeys(line))).Imported);
        Assert.Equal(1, (await ImportAsync(instance, ExportedFile.OfKeys(line))).AlreadyImported);
        var again = ExportedFile.Close(ExportedFile.Header.Replace("by-hand", "another", StringComparison.Ordinal), "key", line);
        Assert.Equal(1, (await ImportAsync(instance, again)).AlreadyImported);

        var id = Assert.Single(await instance.Keys.ListIdsAsync(tenant: null, CancellationToken.None));
        Assert.True(KeyLocator.TryParse(id, out var locator));
        var key = new TestKey(locator, secret);
        await instance.AssertBalancedAsync(key, 1);
        Assert.NotNull(await key.ConsumeAsync(instance));
        Assert.NotNull(await key.ConsumeAsync(instance));
        Assert.Null(await key.ConsumeAsync(instance));
        await instance.AssertBalancedAsync(key, 3);
    });

    [Fact]
    public void A_secret_that_is_anothers_is_not_taken_away() => AuditWorld.Run(3, async world =>
    {
        var instance = world.NewInstance("one");
        var key = await instance.IssueAsync();
        var line = $$"""{"type":"key","secret_sha256":"{{key.Secret.Hash}}","name":"thief","quota":3}""";
        var result = await ImportAsync(instance, ExportedFile.OfKeys(line));
        Assert.Equal((0, 1), (result.Imported, result.Skipped));
        Assert.Contains("another key", Assert.Single(result.Conflicts).Reason, StringComparison.Ordinal);
        Assert.Equal(key.Locator.KeyId, (await key.ConsumeAsync(instance)).Key.KeyId);
    });

    [Fact]
    public void An_account_that_goes_over_two_parts_is_whole_after_both_and_left_alone_where_it_is_there() => AuditWorld.Run(4, async world =>
    {
        var source = world.NewInstance("source");
        var key = await source.IssueAsync();
        await source.ConsumeAndCompactAsync(key, 3);
        var (first, second) = ExportedFile.Split(await ExportAsync(source), line => line.Contains("\"row\":\"compacted:", StringComparison.Ordinal));

        var copy = NewStorage(world);
        Assert.Equal((0, 0), await ImportedAsync(copy, first));
        Assert.Null(await copy.VerifyAsync(key.Locator.KeyId));
        Assert.Equal((1, 0), await ImportedAsync(copy, second));
        await copy.AssertBalancedAsync(key, 3);

        // Where it goes on meanwhile, neither part takes it back: not as an earlier try, and not as another's
        foreach (var instance in new[] { copy, source })
        {
            await instance.ConsumeAndCompactAsync(key, 2);
            await ImportedAsync(instance, first);
            await ImportedAsync(instance, second);
            await instance.AssertBalancedAsync(key, 5);
        }
    });

    [Fact]
    public void A_pool_that_goes_over_parts_is_left_alone_by_all_after_the_one_that_has_a_key_with_anothers_secret() => AuditWorld.Run(5, async world =>
    {
        var source = world.NewInstance("source");
        var pool = (await source.Pools.CreateAsync(new PoolSettings { Name = "team", Quota = 1000 }, CancellationToken.None)).Id;
        var keys = new List<TestKey> { await source.IssueAsync(pool), await source.IssueAsync(pool), await source.IssueAsync(pool) };
        keys.Sort((one, other) => string.CompareOrdinal(one.Locator.KeyId, other.Locator.KeyId));
        await source.ConsumeAndCompactAsync(keys[1], 3);
        var (first, rest) = ExportedFile.Split(await ExportAsync(source), line => IsRecordOf(keys[0], line));
        var (second, third) = ExportedFile.Split(rest, line => IsRecordOf(keys[1], line));

        // The secret of a key of each part in turn is another's, and free later: then the same file is imported, or a newer one
        foreach (var (number, isNewer) in new[] { (0, false), (0, true), (1, false), (2, false) })
        {
            var taken = keys[number];
            var copy = NewStorage(world);
            var other = $$"""{"type":"key","secret_sha256":"{{taken.Secret.Hash}}","name":"other","quota":3}""";
            await ImportAsync(copy, ExportedFile.OfKeys(other));
            foreach (var (part, result) in await ImportPartsAsync(copy))
            {
                Assert.Equal((0, part < number ? 0 : 1), (result.Imported, result.Skipped));
                Assert.All(result.Conflicts, conflict => Assert.Equal((pool, true), (conflict.Account, conflict.Reason.Contains(taken.Locator.KeyId, StringComparison.Ordinal))));
            }

            await AssertLeftAloneAsync(copy);
            await ImportPartsAsync(copy);
            await AssertLeftAloneAsync(copy);

            await copy.Get<IKeyDirectory>().RemoveAsync(taken.Secret.Hash, CancellationToken.None);
            if (isNewer)
            {
                Assert.Equal(1, (await ImportAsync(copy, await ExportAsync(source))).Imported);
            }
            else
            {
                await ImportPartsAsync(copy);
            }

            await copy.AssertBalancedAsync(keys[1], 3);
            Assert.NotNull(await taken.ConsumeAsync(copy));
        }

        async Task<IEnumerable<(int Part, ImportResult Result)>> ImportPartsAsync(SimulatedInstance copy) =>
            [(0, await ImportAsync(copy, first)), (1, await ImportAsync(copy, second)), (2, await ImportAsync(copy, third))];

        async Task AssertLeftAloneAsync(SimulatedInstance copy)
        {
            Assert.Null(await copy.Pools.FindAsync(pool, CancellationToken.None));
            Assert.Null(await copy.VerifyAsync(keys[1].Locator.KeyId));
        }

        static bool IsRecordOf(TestKey key, string line) => line.Contains($"\"row\":\"key:{key.Locator.KeyId}\"", StringComparison.Ordinal);
    });

    private static async Task<(long Imported, long Skipped)> ImportedAsync(SimulatedInstance instance, byte[] part)
    {
        var result = await ImportAsync(instance, part);
        return (result.Imported, result.Skipped);
    }
}
