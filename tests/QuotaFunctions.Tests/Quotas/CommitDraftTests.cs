using System.Text.Json;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Quotas;

namespace QuotaFunctions.Tests.Quotas;

/// <summary>A commit in the making keeps to the service's limits, and to the account's clock.</summary>
public sealed class CommitDraftTests
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

        Assert.NotEmpty(draft.Entries);
        var json = JsonSerializer.Serialize(draft.Entries, LedgerJson.Default.IReadOnlyListLedgerEntry);
        Assert.InRange(json.Length, 1, CommitDraft.MaxEntriesLength);
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
            draft.Add(new SideRow.Settled($"key_{i}", new ChargeId(20260302, i, 0), 0));
            draft.Add(new SideRow.Once($"key_{i}", new OnceRecord("a", "b", default, 1, Now)));
        }

        var rows = draft.ChangedKeys.Count + draft.SideRows.Count + 2;
        Assert.InRange(rows, CommitDraft.MaxRows - 3, CommitDraft.MaxRows);
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

    private static CommitDraft NewDraft(DateTimeOffset now) => new(
        new AccountState
        {
            AccountId = "a",
            Head = new LedgerHead(5, Guid.NewGuid(), Now),
            Keys = new Dictionary<string, KeyState?>(),
        },
        now, Guid.NewGuid(), "instance", ending: []);

    private static KeyState NewKey(string id) => new()
    {
        Locator = new KeyLocator("a", id),
        Prefix = "test",
        Settings = new KeySettings { Name = "a" },
        CreatedAt = Now,
        Secrets = [],
        Meter = new Meter(),
        Rate = new RateWindow(),
    };
}
