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
        var draft = NewDraft(Now);
        var hostile = string.Concat(Enumerable.Repeat(text, 20));
        var entry = new LedgerEntry
        {
            Kind = LedgerEntryKind.Act, KeyId = hostile, Delta = long.MinValue, PoolDelta = long.MinValue, HoldUntil = long.MaxValue,
            RequestId = hostile, Provider = hostile, Model = hostile, Address = hostile, Reference = hostile, Actor = hostile,
            Settles = hostile, FinalCost = long.MaxValue, Outcome = hostile, Status = int.MinValue, LatencyMs = int.MinValue,
        };
        while (draft.HasRoomFor(entry.MaxLength))
        {
            draft.Add(entry);
        }

        Assert.NotEmpty(draft.Row.Entries);
        var json = JsonSerializer.Serialize(draft.Row.Entries, LedgerJson.Default.IReadOnlyListLedgerEntry);
        Assert.InRange(json.Length, 1, AccountTransaction.MaxEntriesLength);
        Assert.InRange(JsonSerializer.Serialize([entry], LedgerJson.Default.ListLedgerEntry).Length - 2, 1, entry.MaxLength);
    }

    [Fact]
    public void Rows_beside_never_come_to_more_than_a_transaction_takes()
    {
        var draft = NewDraft(Now);
        for (var i = 0; draft.HasRoomFor(10); i++)
        {
            // As much as one operation may do.
            draft.Replace(NewKey($"key_{i}"));
            draft.Add(new SideRow.SettlementMarker($"key_{i}", new ChargeId(20260302, i, 0), 0));
            draft.Add(new SideRow.Idempotency($"key_{i}", new IdempotencyRecord("a", "b", default, 1, Now)));
        }

        var rows = draft.ChangedKeys.Count + draft.SideRows.Count + 2;
        Assert.InRange(rows, AccountTransaction.MaxRows - 3, AccountTransaction.MaxRows);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(60, 60)]
    [InlineData(-60, 0)]
    [InlineData(-600, 0)]
    [InlineData(-601, -601)]
    public void The_accounts_clock_does_not_go_back_unless_it_was_far_ahead(int seconds, int expected)
    {
        var draft = NewDraft(Now.AddSeconds(seconds));

        Assert.Equal(Now.AddSeconds(expected), draft.At);
        Assert.Equal(Now.AddSeconds(seconds), draft.Now);
    }

    [Fact]
    public void Commits_on_a_lease_go_on_one_page_until_it_is_full()
    {
        var lease = NewLease();
        for (var part = 0; part < LeaseState.MaxParts; part++)
        {
            var draft = Spend(ref lease, Now.AddMilliseconds(part), entries: 2);
            Assert.Equal((100, (2 * part) + 2), (draft.Row.Sequence, draft.NextPosition.Index));
            Assert.Empty(draft.SideRows);
        }

        var turning = Spend(ref lease, Now.AddSeconds(1), entries: 2);

        Assert.Equal((100 + LeaseState.MaxParts, 2), (turning.Row.Sequence, turning.NextPosition.Index));
        var page = Assert.IsType<SideRow.Page>(Assert.Single(turning.SideRows)).Row;
        Assert.Equal((100, 2 * LeaseState.MaxParts, Now), (page.Sequence, page.Entries.Count, page.At));
        Assert.Equal(Now.AddMilliseconds(1), page.AtOf(2));
        Assert.Equal((1, 2, Now.AddSeconds(1)), (lease.Parts, lease.Page.Count, lease.PageAt));
    }

    [Fact]
    public void A_page_is_not_longer_than_a_row_of_the_ledger_takes()
    {
        var lease = NewLease();
        AccountTransaction draft;
        do
        {
            draft = Spend(ref lease, Now, entries: 100);
            Assert.InRange(lease.PageLength, 1, LeaseState.MaxPageLength);
        }
        while (draft.SideRows.Count == 0);

        var page = ((SideRow.Page)draft.SideRows[0]).Row;
        Assert.InRange(page.Entries.Count, 400, 2000);
        var row = LedgerEntity.Of("a", page);
        Assert.All(row.Select(property => property.Value).OfType<string>(), text => Assert.InRange(text.Length, 1, 32 * 1024));
        var read = LedgerEntity.ToRow(row);
        Assert.Equal(page.Entries, read.Entries);
        Assert.Equal((page.Sequence, page.CommitId, page.At, page.Owner), (read.Sequence, read.CommitId, read.At, read.Owner));
    }

    /// <summary>A charge is found by its day.</summary>
    [Fact]
    public void A_page_ends_with_its_day()
    {
        var lease = NewLease();
        var evening = Spend(ref lease, Now.Date.AddDays(1).AddTicks(-1), entries: 1);
        var morning = Spend(ref lease, Now.Date.AddDays(1), entries: 1);

        Assert.Equal((20260302, 20260303), (evening.Row.Day, morning.Row.Day));
        Assert.Equal(20260302, Assert.IsType<SideRow.Page>(Assert.Single(morning.SideRows)).Row.Day);
    }

    [Fact]
    public void A_lease_is_read_as_it_was_written()
    {
        var lease = NewLease();
        Spend(ref lease, Now, entries: 2);
        var row = AccountEntity.Of(lease);
        var second = Spend(ref lease, Now.AddSeconds(1), entries: 3);
        foreach (var (name, value) in AccountEntity.Spent(lease, second.Row.Entries))
        {
            row[name] = value;
        }

        var read = AccountEntity.ToLease(row);

        Assert.Equal(lease.Page, read.Page);
        Assert.Equal((lease.Parts, lease.PageLength, lease.PageAt, lease.At), (read.Parts, read.PageLength, read.PageAt, read.At));
        Assert.Equal((lease.Sequence, lease.CommitId, lease.Spent, lease.Allotment), (read.Sequence, read.CommitId, read.Spent, read.Allotment));
    }

    private static LeaseState NewLease() => new()
    {
        Id = "1", AccountId = "a", Owner = "instance", Allotment = 10_000, FirstSequence = 100, Sequence = 100, At = Now, Until = Now.AddDays(1),
    };

    /// <summary>A commit on a lease, as its lane makes it.</summary>
    private static AccountTransaction Spend(ref LeaseState lease, DateTimeOffset now, int entries)
    {
        var state = new AccountState { AccountId = "a", Head = new LedgerHead(5, Guid.NewGuid(), Now), Keys = [] };
        var draft = new AccountTransaction(state, now, Guid.NewGuid(), lease, entriesLength: entries * 100);
        for (var i = 0; i < entries; i++)
        {
            draft.Lease!.Spent++;
            draft.Add(new LedgerEntry { KeyId = "key_0123456789", Delta = 1, RequestId = $"request-{lease.Spent + i}", LaterTicks = draft.LaterTicks });
        }

        lease = draft.Lease!;
        return draft;
    }

    private static AccountTransaction NewDraft(DateTimeOffset now) => new(
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
