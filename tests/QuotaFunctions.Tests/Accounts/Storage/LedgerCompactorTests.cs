using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Tests.Auditing;
using QuotaFunctions.Tests.Charging.Simulation;

namespace QuotaFunctions.Tests.Accounts.Storage;

/// <summary>Compaction: a key's ledger rows become one sum.</summary>
public sealed class LedgerCompactorTests
{
    /// <summary>What each of them remembers is wrong as soon as the other has compacted.</summary>
    [Fact]
    public void Instances_that_fold_the_same_account_in_turn_and_at_once_come_to_the_right_sum() => AuditWorld.Run(1, async world =>
    {
        var instance = world.NewInstance("a");
        var key = await world.AddKeyAsync(instance);
        using var one = NewBooks(world);
        using var other = NewBooks(world);
        for (var round = 0; round < 6; round++)
        {
            var commits = await ChargeAsync(world, key, instance, 4);
            var half = commits.Take(2).ToList();
            await Task.WhenAll(
                world.World.Spawn(() => (round % 2 == 0 ? one : other).CompactAsync(key.Account, half, CancellationToken.None)),
                world.World.Spawn(() => one.CompactAsync(key.Account, [.. commits.Skip(2)], CancellationToken.None)));
        }

        var ledger = await one.ReadAsync(key.Account, key.Locator.KeyId, CancellationToken.None);
        Assert.Equal((24L, 0), (ledger.Compacted + ledger.Open.Sum(row => row.Entries.Sum(entry => entry.Delta)), ledger.Open.Count));
    });

    [Fact]
    public void What_this_process_compacted_last_need_not_be_read() => AuditWorld.Run(2, async world =>
    {
        var instance = world.NewInstance("a");
        var key = await world.AddKeyAsync(instance);
        using var books = NewBooks(world);
        var commits = await ChargeAsync(world, key, instance, 3);

        Assert.Equal(2, (await world.MeasureAsync(() => books.CompactAsync(key.Account, [commits[0]], CancellationToken.None))).Calls);
        Assert.Equal(1, (await world.MeasureAsync(() => books.CompactAsync(key.Account, [commits[1]], CancellationToken.None))).Calls);
        using var other = NewBooks(world);
        await other.CompactAsync(key.Account, [commits[2]], CancellationToken.None);
        Assert.Equal(3, (await books.ReadAsync(key.Account, key.Locator.KeyId, CancellationToken.None)).Compacted);
    });

    [Fact]
    public void What_is_compacted_already_is_not_compacted_again() => AuditWorld.Run(3, async world =>
    {
        var instance = world.NewInstance("a");
        var key = await world.AddKeyAsync(instance);
        using var books = NewBooks(world);
        var commits = await ChargeAsync(world, key, instance, 2);

        await books.CompactAsync(key.Account, [commits[0]], CancellationToken.None);
        await books.CompactAsync(key.Account, commits, CancellationToken.None);
        Assert.Equal(1, (await books.ReadAsync(key.Account, key.Locator.KeyId, CancellationToken.None)).Compacted);
        await books.CompactAsync(key.Account, [commits[1]], CancellationToken.None);

        Assert.Equal(2, (await books.ReadAsync(key.Account, key.Locator.KeyId, CancellationToken.None)).Compacted);
    });

    [Fact]
    public void More_commits_than_a_transaction_takes_are_compacted_in_several() => AuditWorld.Run(4, async world =>
    {
        var instance = world.NewInstance("a");
        var key = await world.AddKeyAsync(instance);
        using var books = NewBooks(world);
        var commits = await ChargeAsync(world, key, instance, 250);

        var (calls, _) = await world.MeasureAsync(() => books.CompactAsync(key.Account, commits, CancellationToken.None));

        Assert.Equal(1 + 3, calls);
        Assert.Equal(250, (await books.ReadAsync(key.Account, key.Locator.KeyId, CancellationToken.None)).Compacted);
        Assert.Equal(0, world.LedgerRows(key));
    });

    private static LedgerCompactor NewBooks(AuditWorld world) => new(
        new SimulatedTableService(world.Tables, new Network(world.Tables)), new StorageNames(Options.Create(new StorageOptions())),
        NullLogger<LedgerCompactor>.Instance);

    private static async Task<List<AuditedCommit>> ChargeAsync(AuditWorld world, TestKey key, SimulatedInstance instance, int times)
    {
        var commits = new List<AuditedCommit>();
        for (var i = 0; i < times; i++)
        {
            var charge = await key.ConsumeAsync(instance);
            commits.Add(AuditedCommit.Of(((CommitMessage)await key.NoteAsync(instance, charge)).Row));
        }

        Assert.Equal(times, world.LedgerRows(key));
        return commits;
    }
}
