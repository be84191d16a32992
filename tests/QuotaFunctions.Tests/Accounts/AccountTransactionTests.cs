using System.Text.Json;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;

namespace QuotaFunctions.Tests.Accounts;

/// <summary>A commit in the making keeps to the service's limits, and to the account's clock.</summary>
public sealed class AccountTransactionTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("plain")]
    [InlineData("\"\\\u0001\u2028<>&'+")]
    [InlineData("\ud83d\ude00\ud800")]
    [InlineData("äöü漢字")]
    public void Entries_that_fit_are_never_longer_than_a_property(string text)
    {
        var transaction = NewTransaction(Now);
        var hostile = string.Concat(Enumerable.Repeat(text, 20));
        var entry = new LedgerEntry
        {
            Kind = LedgerEntryKind.Adjustment, KeyId = hostile, Delta = long.MinValue, PoolDelta = long.MinValue, HoldUntil = long.MaxValue,
            RequestId = hostile, Provider = hostile, Model = hostile, Address = hostile, Reference = hostile, Actor = hostile,
            Settles = hostile, FinalCost = long.MaxValue, Outcome = hostile, Status = int.MinValue, LatencyMs = int.MinValue,
        };
        while (transaction.HasRoomFor(entry.MaxLength))
        {
            transaction.Add(entry);
        }

        Assert.NotEmpty(transaction.Row.Entries);
        var json = JsonSerializer.Serialize(transaction.Row.Entries, LedgerJson.Default.IReadOnlyListLedgerEntry);
        Assert.InRange(json.Length, 1, AccountTransaction.MaxEntriesLength);
        Assert.InRange(JsonSerializer.Serialize([entry], LedgerJson.Default.ListLedgerEntry).Length - 2, 1, entry.MaxLength);
    }

    [Fact]
    public void Rows_beside_never_come_to_more_than_a_transaction_takes()
    {
        var transaction = NewTransaction(Now);
        for (var i = 0; transaction.HasRoomFor(10); i++)
        {
            // As much as one operation may do.
            transaction.Replace(NewKey($"key_{i}"));
            transaction.Add(new SideRow.SettlementMarker($"key_{i}", new ChargeId(20260302, i, 0), 0));
            transaction.Add(new SideRow.Idempotency($"key_{i}", new IdempotencyRecord("a", "b", default, 1, Now)));
        }

        var rows = transaction.ChangedKeys.Count + transaction.SideRows.Count + 2;
        Assert.InRange(rows, 24 * 3, AccountTransaction.MaxRows);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(60, 60)]
    [InlineData(-60, 0)]
    [InlineData(-600, 0)]
    [InlineData(-601, -601)]
    public void The_accounts_clock_does_not_go_back_unless_it_was_far_ahead(int seconds, int expected)
    {
        var transaction = NewTransaction(Now.AddSeconds(seconds));

        Assert.Equal(Now.AddSeconds(expected), transaction.At);
        Assert.Equal(Now.AddSeconds(seconds), transaction.Now);
    }

    [Fact]
    public void Commits_on_a_lease_have_its_numbers_one_after_the_other()
    {
        var lease = NewLease();
        var first = Spend(ref lease, Now, entries: 2);
        var second = Spend(ref lease, Now.AddSeconds(1), entries: 1);

        Assert.Equal([(100L, Now), (101L, Now.AddSeconds(1))], new[] { first, second }.Select(commit => (commit.Row.Sequence, commit.Row.At)));
        Assert.Equal((101L, second.Row.CommitId, 3L), (lease.Sequence, lease.CommitId, lease.Spent));
        Assert.Equal(5, second.ToState().Head.Sequence);
    }

    [Fact]
    public void A_lease_is_at_its_end_when_it_has_no_number_left()
    {
        var lease = NewLease();
        lease.Sequence = 100 + LeaseState.SequenceRun - 2;
        Assert.False(lease.IsAtEnd);
        lease.Sequence++;
        Assert.True(lease.IsAtEnd);
    }

    [Fact]
    public void A_lease_is_read_as_it_was_written()
    {
        var lease = NewLease();
        Spend(ref lease, Now, entries: 2);
        var row = AccountEntity.Of(lease);
        Spend(ref lease, Now.AddSeconds(1), entries: 3);
        foreach (var (name, value) in AccountEntity.Spent(lease))
        {
            row[name] = value;
        }

        var read = AccountEntity.ToLease(row);

        Assert.Equal((lease.At, lease.Until, lease.Owner), (read.At, read.Until, read.Owner));
        Assert.Equal((lease.Sequence, lease.CommitId, lease.Spent, lease.Allotment), (read.Sequence, read.CommitId, read.Spent, read.Allotment));
    }

    private static LeaseState NewLease() => new()
    {
        Id = "1", AccountId = "a", Owner = "instance", Allotment = 10_000, FirstSequence = 100, Sequence = 99, At = Now, Until = Now.AddDays(1),
    };

    /// <summary>A commit on a lease, as its writer makes it.</summary>
    private static AccountTransaction Spend(ref LeaseState lease, DateTimeOffset now, int entries)
    {
        var state = new AccountState { AccountId = "a", Head = new LedgerHead(5, Guid.NewGuid(), Now), Keys = [] };
        var transaction = new AccountTransaction(state, now, Guid.NewGuid(), lease);
        for (var i = 0; i < entries; i++)
        {
            transaction.Lease!.Spent++;
            transaction.Add(new LedgerEntry { KeyId = "key_0123456789", Delta = 1, RequestId = $"request-{lease.Spent + i}" });
        }

        lease = transaction.Lease!;
        return transaction;
    }

    private static AccountTransaction NewTransaction(DateTimeOffset now) => new(
        new AccountState
        {
            AccountId = "a",
            Head = new LedgerHead(5, Guid.NewGuid(), Now),
            Keys = [],
        },
        now, Guid.NewGuid(), "instance", ending: []);

    private static KeyState NewKey(string id) => new()
    {
        Locator = new KeyLocator("a", id),
        Prefix = "test",
        Settings = new KeySettings { Name = "a" },
        CreatedAt = Now,
        Secrets = [],
        Balance = new QuotaBalance(),
        Rate = new RateWindow(),
    };
}
