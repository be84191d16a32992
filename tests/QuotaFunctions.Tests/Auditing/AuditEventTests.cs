using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Charging;

namespace QuotaFunctions.Tests.Auditing;

/// <summary>What the log is told, and what of it goes over what.</summary>
public sealed class AuditEventTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    private static readonly JsonSerializerOptions Stored = new(LedgerJson.Default.Options) { TypeInfoResolver = new DefaultJsonTypeInfoResolver() };

    private static readonly LedgerEntry Consumed =
        new() { Kind = LedgerEntryKind.Consume, KeyId = "key_a", Delta = 5, RequestId = "request", Reference = "reference" };

    [Fact]
    public void The_last_word_keeps_what_only_the_first_one_knows()
    {
        var first = AuditEvent.OfEntry("key_a", Row(Consumed), 0);
        var last = AuditEvent.OfEntry("key_a", Row(new LedgerEntry
        {
            Kind = LedgerEntryKind.Settle, KeyId = "key_a", Delta = -3, Settles = first.Id.ToString(), FinalCost = 2, Outcome = "succeeded", Status = 200,
        }), 0);

        var both = last.Entry.MergeOnto(first.Entry);

        Assert.Equal((first.Id, AuditPhase.Corrected), (last.Id, last.Phase));
        Assert.Equal((Now, "request", "reference"), (both.At, both.RequestId, both.Reference));
        Assert.Equal(("succeeded", 2L, 200), (both.Outcome, both.Cost, both.Status));
    }

    [Fact]
    public void A_hold_accounts_for_its_entry_only_once_it_is_settled()
    {
        Assert.Empty(AuditEvent.OfEntry("key_a", Row(Consumed with { HoldUntil = 1 }), 0).Ledger);
        Assert.Single(AuditEvent.OfEntry("key_a", Row(Consumed), 0).Ledger);

        var charge = NewCharge();
        var correction = new LedgerEntryRef(9, 0, 1, -1, 0);
        var end = AuditEvent.OfSettlement(new Settlement { Charge = charge, Outcome = ChargeOutcome.Succeeded, Cost = 4 }, 4, correction, "instance");
        Assert.Equal([charge.Ledger, correction], end.Ledger);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData(0.3, 0)]
    [InlineData(12.9, 12)]
    public void A_call_of_less_than_a_millisecond_took_none_and_one_that_was_not_forwarded_no_time(double? milliseconds, int? logged)
    {
        var latency = milliseconds is { } some ? TimeSpan.FromMilliseconds(some) : (TimeSpan?)null;
        var told = AuditEvent.OfSettlement(new Settlement { Charge = NewCharge(), Outcome = ChargeOutcome.Succeeded, Cost = 1, Latency = latency }, 1, null, "instance");

        // As it is stored, in both places
        var entry = JsonSerializer.Deserialize<AuditEntry>(JsonSerializer.Serialize(told.Entry, Stored), Stored);
        var ledger = JsonSerializer.Deserialize<LedgerEntry>(JsonSerializer.Serialize(Consumed with { LatencyMs = told.Entry.LatencyMs }, Stored), Stored);

        Assert.Equal(logged, entry!.ToRow(told.KeyId, told.Id).LatencyMs);
        Assert.Equal(logged, ledger!.LatencyMs);
    }

    [Theory]
    [InlineData(LedgerEntryKind.Forward, "unknown")]
    [InlineData(LedgerEntryKind.Consume, "consumed")]
    public void How_a_charge_began_is_told_from_the_ledger_and_is_not_the_last_word(object kind, string outcome)
    {
        var told = AuditEvent.OfEntry("key_a", Row(Consumed with { Kind = (LedgerEntryKind)kind }), 0);
        Assert.Equal((outcome, 5L, "request", Now), (told.Entry.Outcome, told.Entry.Cost, told.Entry.RequestId, told.Entry.At));
        Assert.Equal(AuditPhase.Admitted, told.Phase);
    }

    [Fact]
    public void What_was_done_to_a_pool_is_told_by_what_it_changed_of_the_pool()
    {
        var act = AuditEvent.OfEntry("pool_a", Row(new LedgerEntry { Kind = LedgerEntryKind.Adjustment, KeyId = "pool_a", PoolDelta = -7, Outcome = "reset", Actor = "admin" }), 0);
        Assert.Equal((-7L, "reset", "admin", AuditPhase.Final), (act.Entry.Cost, act.Entry.Outcome, act.Entry.Actor, act.Phase));
    }

    [Fact]
    public void A_commit_tells_of_what_nobody_else_will()
    {
        var forwarded = Consumed with { Kind = LedgerEntryKind.Forward };
        var corrected = Consumed with { Kind = LedgerEntryKind.Settle, Settles = "chg_20260302-1-0" };
        var act = new LedgerEntry { Kind = LedgerEntryKind.Adjustment, KeyId = "key_a", Outcome = "topped_up" };
        var note = new CommitMessage { AccountId = "key_a", Row = Row(forwarded, Consumed, corrected, Consumed, act) };

        Assert.Equal(
            [(new ChargeId(20260302, 5, 1), Now), (new ChargeId(20260302, 5, 3), Now), (new ChargeId(20260302, 5, 4), Now)],
            note.ToEvents().Select(told => (told.Id, told.Entry.At)));
    }

    [Fact]
    public void A_message_is_read_as_it_was_written()
    {
        var told = AuditEvent.OfSettlement(new Settlement { Charge = NewCharge(), Outcome = ChargeOutcome.Succeeded, Cost = 5, Status = 200 }, 5, null, "instance");
        var commit = new CommitMessage { AccountId = "key_a", Row = Row(Consumed) };

        var read = JsonSerializer.Deserialize(JsonSerializer.Serialize([told, commit], AuditJson.Default.ListAuditMessage), AuditJson.Default.ListAuditMessage)!;

        Assert.Equal(told with { Ledger = [] }, Assert.IsType<AuditEvent>(read[0]) with { Ledger = [] });
        Assert.Equal(told.Ledger, ((AuditEvent)read[0]).Ledger);
        var row = Assert.IsType<CommitMessage>(read[1]).Row;
        Assert.Equal(commit.Row with { Entries = [] }, row with { Entries = [] });
        Assert.Equal(commit.Row.Entries, row.Entries);
    }

    /// <summary>The address of a call may be of any length, and its JSON six times as long: neither a row nor a message would hold it.</summary>
    [Fact]
    public void Of_a_long_text_the_beginning_is_kept()
    {
        var (whole, kept) = (new string('+', 8000), new string('+', 500));
        var charge = NewCharge();
        var told = AuditEvent.OfSettlement(new Settlement { Charge = charge, Outcome = ChargeOutcome.Succeeded, Cost = 1, ServedBy = new ChargeTarget(whole, whole, whole, 1) }, 1, null, "instance");
        Assert.Equal((kept, kept, kept), (told.Entry.Provider, told.Entry.Model, told.Entry.Path));

        var entry = ChargeEntry.Of(charge.Request with { Method = whole, Path = whole, Reference = whole, RequestId = whole }, charge.Key, 1, 0);
        Assert.Equal((kept, kept, kept, kept), (entry.Method, entry.Path, entry.Reference, entry.RequestId));
    }

    private static LedgerRow Row(params LedgerEntry[] entries) =>
        new() { Sequence = 5, CommitId = Guid.NewGuid(), At = Now, Owner = "instance", Entries = entries };

    private static Charge NewCharge()
    {
        Assert.True(KeySecret.TryParse("secret", out var secret));
        return new Charge
        {
            Key = new KeyLocator("key_a", "key_a"),
            Id = new ChargeId(20260302, 4, 1),
            Cost = 5,
            At = Now,
            Ledger = new LedgerEntryRef(4, 1, 2, 5, 0),
            Request = new ChargeRequest { Secret = secret, RequestId = "request", Reference = "reference" },
        };
    }
}
