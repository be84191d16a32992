using System.Text.Json;
using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Auditing;

namespace QuotaFunctions.Tests.Auditing;

public sealed class AuditEventConsumerTests
{
    /// <summary>The world's storage takes 5 ms for a call: one after the other, 300 calls would take a second and a half.</summary>
    [Fact]
    public void A_message_about_many_keys_takes_few_calls_for_each_and_many_at_once() => AuditWorld.Run(1, async world =>
    {
        var instance = world.NewInstance("a");
        var keys = new List<TestKey>();
        for (var i = 0; i < 100; i++)
        {
            keys.Add(await world.AddKeyAsync(instance, i));
        }

        var first = await NewMessageAsync();
        var second = await NewMessageAsync();

        // The index of the log by time. For each key its row in the log, the sum of its ledger and its day, the mark that the day is
        // changed, the compaction.
        var (calls, time) = await world.MeasureAsync(() => instance.ConsumeAsync(first));
        Assert.Equal(501, calls);
        Assert.InRange(time, TimeSpan.FromMilliseconds(30), TimeSpan.FromMilliseconds(300));

        // The sums are known by now.
        (calls, time) = await world.MeasureAsync(() => instance.ConsumeAsync(second));
        Assert.Equal(201, calls);
        Assert.InRange(time, TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(225));
        foreach (var key in keys)
        {
            Assert.Equal(0, world.LedgerRows(key));
            Assert.Equal(new Verification(true, 2, 2, 2, 0), await instance.VerifyAsync(key.Locator.KeyId));
        }

        async Task<string> NewMessageAsync()
        {
            var notes = new List<AuditMessage>();
            foreach (var key in keys)
            {
                notes.Add(await key.NoteAsync(instance, await key.ConsumeAsync(instance)));
            }

            return TestKey.MessageOf(notes);
        }
    });

    [Fact]
    public void Many_commits_of_a_key_are_compacted_in_one_transaction() => AuditWorld.Run(2, async world =>
    {
        var instance = world.NewInstance("a");
        var key = await world.AddKeyAsync(instance);
        var notes = new List<AuditMessage>();
        for (var i = 0; i < 50; i++)
        {
            notes.Add(await key.NoteAsync(instance, await key.ConsumeAsync(instance)));
        }

        Assert.Equal(50, world.LedgerRows(key));
        var (calls, _) = await world.MeasureAsync(() => instance.ConsumeAsync(TestKey.MessageOf(notes)));

        Assert.Equal(6, calls);
        Assert.Equal(0, world.LedgerRows(key));
    });

    [Fact]
    public void A_message_that_comes_again_and_late_changes_nothing() => AuditWorld.Run(3, async world =>
    {
        var (one, other) = (world.NewInstance("a"), world.NewInstance("b"));
        var key = await world.AddKeyAsync(one);
        var first = TestKey.MessageOf([await key.NoteAsync(one, await key.ConsumeAsync(one))]);
        var second = TestKey.MessageOf([await key.NoteAsync(one, await key.ConsumeAsync(one))]);

        foreach (var (instance, message) in new[] { (one, second), (other, first), (one, first), (one, second), (other, second) })
        {
            await instance.ConsumeAsync(message);
        }

        Assert.Equal(new Verification(true, 2, 2, 2, 0), await one.VerifyAsync(key.Locator.KeyId));
        Assert.Equal(0, world.LedgerRows(key));
    });

    [Fact]
    public void A_commit_that_a_message_tells_only_in_part_stays_in_the_ledger() => AuditWorld.Run(4, async world =>
    {
        var instance = world.NewInstance("a");
        var key = await world.AddKeyAsync(instance);
        var charge = await key.ConsumeAsync(instance);
        var row = ((CommitMessage)await key.NoteAsync(instance, charge)).Row;
        var told = AuditEvent.OfEntry(key.Account, row with { Entries = [.. row.Entries, row.Entries[0]] }, 0);

        await instance.ConsumeAsync(TestKey.MessageOf([told]));

        Assert.Equal(["consumed"], await key.OutcomesAsync(instance));
        Assert.Equal(1, world.LedgerRows(key));
    });

    /// <summary>What cannot be compacted is in the log all the same, and the sweeper comes by.</summary>
    [Fact]
    public void An_account_in_trouble_does_not_keep_the_others() => AuditWorld.Run(5, async world =>
    {
        var instance = world.NewInstance("a");
        var (bad, good) = (await world.AddKeyAsync(instance, 1), await world.AddKeyAsync(instance, 2));
        var notes = new[]
        {
            await bad.NoteAsync(instance, await bad.ConsumeAsync(instance)), await good.NoteAsync(instance, await good.ConsumeAsync(instance)),
        };
        world.Tables.Apply(AuditWorld.Accounts, [new TableTransactionAction(
            TableTransactionActionType.Add, new TableEntity(bad.Account, AccountRowKeys.Compacted(bad.Locator.KeyId)) { ["Sum"] = "no number" })]);

        await instance.ConsumeAsync(TestKey.MessageOf(notes));

        Assert.Equal((1, 0), (world.LedgerRows(bad), world.LedgerRows(good)));
        Assert.Equal(["consumed"], await bad.OutcomesAsync(instance));
    });

    [Theory]
    [InlineData("no JSON")]
    [InlineData("null")]
    [InlineData("""[{"$type":"x"}]""")]
    public void A_message_that_is_none_of_ours_is_refused(string message) => AuditWorld.Run(6, async world =>
        await Assert.ThrowsAnyAsync<JsonException>(() => world.NewInstance("a").ConsumeAsync(message)));
}
