using Azure;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging.Abstractions;
using Moq;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Tests.Charging.Simulation;
using QuotaFunctions.Tests.Telemetry;
using static QuotaFunctions.Tests.Charging.Simulation.OneKeyWorld;

namespace QuotaFunctions.Tests.Charging;

/// <summary>What a commit comes to is told for certain, whatever storage answers, or others do meanwhile.</summary>
public sealed class CommitWriterTests
{
    [Fact]
    public void A_commit_that_is_answered_is_committed() => With(async writing =>
    {
        var outcome = await writing.WriteAsync(writing.NewTransaction());

        Assert.Equal(CommitOutcome.Committed, outcome);
        Assert.Equal((1L, 1L), (await writing.HeadAsync(), writing.Held.State!.Head.Sequence));
    });

    [Theory]
    [InlineData(Mishap.LostBefore)]
    [InlineData(Mishap.LostAfter)]
    [InlineData(Mishap.Late)]
    [InlineData(Mishap.Twice)]
    [InlineData(Mishap.Echo)]
    internal void A_commit_whose_answer_is_unclear_is_carried_out_once(Mishap mishap) => With(async writing =>
    {
        var transaction = writing.NewTransaction();
        writing.Befall(mishap);

        Assert.Equal(CommitOutcome.Committed, await writing.WriteAsync(transaction));

        Assert.Equal((1L, transaction.Row.CommitId), (await writing.HeadAsync(), writing.Held.State!.Head.CommitId));
        await writing.World.DelayAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(1, await writing.HeadAsync());
    });

    [Fact]
    public void A_commit_is_written_again_until_storage_is_back() => With(async writing =>
    {
        writing.Tables.IsDown = true;
        var written = writing.WriteAsync(writing.NewTransaction());
        await writing.World.DelayAsync(TimeSpan.FromMinutes(5));
        Assert.False(written.IsCompleted);

        writing.Tables.IsDown = false;
        Assert.Equal(CommitOutcome.Committed, await written);
    });

    [Fact]
    public void A_commit_is_aborted_where_another_instance_was_faster() => With(async writing =>
    {
        var transaction = writing.NewTransaction();
        await writing.ByAnotherAsync(1);

        Assert.Equal(CommitOutcome.Aborted, await writing.WriteAsync(transaction));
        Assert.Equal(1, writing.Held.State!.Head.Sequence);
    });

    /// <summary>The number's row is gone, but no row can be compacted as soon as that: it was never the transaction's.</summary>
    [Fact]
    public void A_commit_is_aborted_where_others_went_on_and_their_rows_are_compacted() => With(async writing =>
    {
        var transaction = writing.NewTransaction();
        await writing.ByAnotherAsync(3);
        await writing.CompactAsync();

        Assert.Equal(CommitOutcome.Aborted, await writing.WriteAsync(transaction));
        Assert.Equal(3, writing.Held.State!.Head.Sequence);
    });

    /// <summary>Its own row may have been written, logged by the sweeper, and compacted since: deciding again could charge twice.</summary>
    [Fact]
    public void The_outcome_of_a_commit_that_was_sent_long_ago_is_unknown_where_its_row_would_be_compacted() => With(async writing =>
    {
        var transaction = writing.NewTransaction();
        await writing.World.DelayAsync(TimeSpan.FromSeconds(61));
        await writing.ByAnotherAsync(3);
        await writing.CompactAsync();

        Assert.Equal(CommitOutcome.Unknown, await writing.WriteAsync(transaction));
    });

    [Fact]
    public void A_commit_that_storage_refuses_for_what_it_says_is_rejected() => With(async writing =>
    {
        writing.Tables.Refuses = actions => actions.Count > 1;

        Assert.Equal(CommitOutcome.Rejected, await writing.WriteAsync(writing.NewTransaction()));
        Assert.Equal(400, Assert.IsType<RequestFailedException>(writing.Writer.Rejection).Status);
        Assert.Equal(0, await writing.HeadAsync());
    });

    /// <summary>A fault of ours. Taken for an unclear answer, it would be repeated for ever.</summary>
    [Fact]
    public void A_commit_that_cannot_even_be_sent_is_rejected() => With(async writing =>
    {
        var transaction = writing.NewTransaction();
        for (var row = 0; row < AccountTransaction.MaxRows; row++)
        {
            transaction.Add(new SideRow.SettlementMarker(Key.KeyId, new ChargeId(20260327, row, 0), 1));
        }

        Assert.Equal(CommitOutcome.Rejected, await writing.WriteAsync(transaction));
        Assert.Equal(0, await writing.HeadAsync());
    });

    private static void With(Func<Writing, Task> test)
    {
        foreach (var seed in Enumerable.Range(0, 10))
        {
            Run(seed, instances: 2, LeaseMode.Off, async (world, tables, instances) =>
            {
                var writing = new Writing(world, tables, instances);
                await writing.Held.LoadAsync();
                await test(writing);
            });
        }
    }

    /// <summary>The writer of one instance, beside another instance that does what it likes.</summary>
    private sealed class Writing
    {
        private readonly SimulatedInstance _own;
        private readonly SimulatedInstance _other;

        public Writing(World world, SimulatedTables tables, IReadOnlyList<SimulatedInstance> instances)
        {
            (World, Tables, _own, _other) = (world, tables, instances[0], instances[1]);
            var options = new QuotaEngineOptions { Random = world.Random };
            var context = new WriterContext(
                _own.Store, Mock.Of<ICommitListener>(), _own.Clock, options, "instance-0",
                _own.OpenAccounts, _own.Marks, _own.Get<Presence>(), TestMeters.Charging(), NullLogger<AccountWriter>.Instance);
            var marks = new OpenWorkMarker(Key.AccountId, context.Open, context.Marks, context.Clock);
            var wait = new StorageWait(_own.Clock, options, () => { }, CancellationToken.None);
            Held = new HeldAccount(Key.AccountId, context, marks, wait);
            Writer = new CommitWriter(Held, context, marks, wait);
        }

        public World World { get; }

        public SimulatedTables Tables { get; }

        public HeldAccount Held { get; }

        public CommitWriter Writer { get; }

        public Task<CommitOutcome> WriteAsync(AccountTransaction transaction) => Writer.WriteAsync(transaction);

        /// <summary>A transaction with one charge.</summary>
        public AccountTransaction NewTransaction()
        {
            var transaction = new AccountTransaction(Held.State!, _own.Clock.GetUtcNow(), Guid.NewGuid(), "instance-0", []) { SentAfter = Held.LastAnswerAt };
            transaction.Change(Key.KeyId).Balance.Take(1, hold: false);
            transaction.Add(new LedgerEntry { Kind = LedgerEntryKind.Consume, KeyId = Key.KeyId, Delta = 1, RequestId = "r" });
            return transaction;
        }

        /// <summary>Has the next write meet a mishap.</summary>
        public void Befall(Mishap mishap) => Tables.Fate = isWrite =>
        {
            if (!isWrite)
            {
                return Mishap.None;
            }

            Tables.Fate = _ => Mishap.None;
            return mishap;
        };

        public async Task ByAnotherAsync(int charges)
        {
            for (var charge = 0; charge < charges; charge++)
            {
                Assert.NotNull((await ChargeAsync(_other)).Charge);
            }
        }

        /// <summary>Takes all rows out of the ledger, as the log's consumer does once it has them.</summary>
        public async Task CompactAsync()
        {
            var rows = Tables.Query("accounts", null).Where(row => row.RowKey.StartsWith("commit:", StringComparison.Ordinal)).ToList();
            foreach (var row in rows)
            {
                Tables.Apply("accounts", [new TableTransactionAction(TableTransactionActionType.Delete, row, ETag.All)]);
            }

            Assert.NotEmpty(rows);
            await World.DelayAsync(TimeSpan.FromMilliseconds(1));
        }

        public async Task<long> HeadAsync() => (await _other.Store.LoadAsync(Key.AccountId, CancellationToken.None))!.Head.Sequence;
    }
}
