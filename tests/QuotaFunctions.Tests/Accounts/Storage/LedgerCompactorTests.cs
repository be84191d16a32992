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

        var ledger = await ReadAsync(instance, key);
        Assert.Equal((24L, 0), (ledger.Compacted.Sum + ledger.Open.Sum(row => row.Entries.Sum(entry => entry.Delta)), ledger.Open.Count));
    });

    [Fact]
    public void What_this_process_compacted_last_need_not_be_read() => AuditWorld.Run(2, async world =>
    {
        var instance = world.NewInstance("a");
        var key = await world.AddKeyAsync(instance);
        using var books = NewBooks(world);
        var commits = await ChargeAsync(world, key, instance, 3);

        Assert.Equal(4, (await world.MeasureAsync(() => books.CompactAsync(key.Account, [commits[0]], CancellationToken.None))).Calls);
        Assert.Equal(1, (await world.MeasureAsync(() => books.CompactAsync(key.Account, [commits[1]], CancellationToken.None))).Calls);
        using var other = NewBooks(world);
        await other.CompactAsync(key.Account, [commits[2]], CancellationToken.None);
        Assert.Equal(3, (await ReadAsync(instance, key)).Compacted.Sum);
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
        Assert.Equal(1, (await ReadAsync(instance, key)).Compacted.Sum);
        await books.CompactAsync(key.Account, [commits[1]], CancellationToken.None);

        Assert.Equal(2, (await ReadAsync(instance, key)).Compacted.Sum);
    });

    [Fact]
    public void More_commits_than_a_transaction_takes_are_compacted_in_several() => AuditWorld.Run(4, async world =>
    {
        var instance = world.NewInstance("a");
        var key = await world.AddKeyAsync(instance);
        using var books = NewBooks(world);
        var commits = await ChargeAsync(world, key, instance, 250);

        var (calls, _) = await world.MeasureAsync(() => books.CompactAsync(key.Account, commits, CancellationToken.None));

        Assert.Equal(3 + 3, calls);
        Assert.Equal(250, (await ReadAsync(instance, key)).Compacted.Sum);
        Assert.Equal(0, world.LedgerRows(key));
    });

    [Fact]
    public void While_the_books_of_a_key_are_added_up_nothing_of_it_is_compacted() => AuditWorld.Run(5, async world =>
    {
        var instance = world.NewInstance("a");
        var key = await world.AddKeyAsync(instance);
        using var books = NewBooks(world);
        var commits = await ChargeAsync(world, key, instance, 3);
        Assert.True(await books.CompactAsync(key.Account, [commits[0]], CancellationToken.None));
        var pause = instance.Get<CompactionPause>();

        await pause.BeginAsync(key.Locator, CancellationToken.None);
        Assert.False(await books.CompactAsync(key.Account, [commits[1]], CancellationToken.None));
        Assert.Equal(1, (await ReadAsync(instance, key)).Compacted.Sum);
        await pause.EndAsync(key.Locator, CancellationToken.None);

        Assert.True(await books.CompactAsync(key.Account, [commits[1]], CancellationToken.None));
        Assert.Equal(2, (await ReadAsync(instance, key)).Compacted.Sum);
    });

    [Fact]
    public void A_pause_whose_process_has_died_ends_by_itself() => AuditWorld.Run(6, async world =>
    {
        var instance = world.NewInstance("a");
        var key = await world.AddKeyAsync(instance);
        using var books = NewBooks(world);
        var commits = await ChargeAsync(world, key, instance, 1);
        await instance.Get<CompactionPause>().BeginAsync(key.Locator, CancellationToken.None);
        Assert.False(await books.CompactAsync(key.Account, commits, CancellationToken.None));

        await world.PassAsync(CompactionPause.Limit.TotalSeconds + 1);

        Assert.True(await books.CompactAsync(key.Account, commits, CancellationToken.None));
        Assert.Equal(1, (await ReadAsync(instance, key)).Compacted.Sum);
    });

    private static LedgerCompactor NewBooks(AuditWorld world)
    {
        var service = new SimulatedTableService(world.Tables, new Network(world.Tables));
        var names = new StorageNames(Options.Create(new StorageOptions()));
        return new LedgerCompactor(
            service, names, new ChangedUsageIndex(service, names, world.World.NewClock()), new MarkIndex(service, names), NullLogger<LedgerCompactor>.Instance);
    }

    private static Task<KeyLedger> ReadAsync(SimulatedInstance instance, TestKey key) =>
        instance.Get<LedgerReader>().ReadAsync(key.Account, key.Locator.KeyId, CancellationToken.None);

    private static async Task<List<AuditedCommit>> ChargeAsync(AuditWorld world, TestKey key, SimulatedInstance instance, int times)
    {
        var commits = new List<AuditedCommit>();
        for (var i = 0; i < times; i++)
        {
            var charge = await key.ConsumeAsync(instance);
            var message = (CommitMessage)await key.NoteAsync(instance, charge);
            commits.Add(new AuditedCommit(message.Row.Sequence, [.. message.ToEvents().Select(told =>
                UsageOfEntry.Of(told.KeyId, told.Id, told.Ledger[0], told.Kind, told.Phase, told.Entry))]));
        }

        Assert.Equal(times, world.LedgerRows(key));
        return commits;
    }
}
