using System.Text.Json;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Quotas;

namespace QuotaFunctions.Tests.Auditing;

/// <summary>What the log is told, and what of it goes over what.</summary>
public sealed class AuditEventTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_last_word_keeps_what_only_the_first_one_knows()
    {
        var first = AuditEvent.OfConsumed(NewCharge(isHold: false));
        var last = AuditEvent.OfCorrection("key_a", Row(new LedgerEntry
        {
            Kind = LedgerEntryKind.Settle, KeyId = "key_a", Delta = -3, Settles = first.Id.ToString(), FinalCost = 2, Outcome = "succeeded", Status = 200,
        }), 0);

        var both = last.Entry.Over(first.Entry);

        Assert.Equal((first.Id, AuditWord.Correction), (last.Id, last.Word));
        Assert.Equal((Now, "request", "reference"), (both.At, both.RequestId, both.Reference));
        Assert.Equal(("succeeded", 2L, 200), (both.Outcome, both.Cost, both.Status));
    }

    [Fact]
    public void A_hold_accounts_for_its_entry_only_once_it_is_settled()
    {
        var charge = NewCharge(isHold: true);
        Assert.Empty(AuditEvent.OfConsumed(charge).Ledger);
        Assert.Single(AuditEvent.OfConsumed(NewCharge(isHold: false)).Ledger);

        var correction = new LedgerRef(9, 0, 1, -1, 0);
        var end = AuditEvent.OfSettlement(new Settlement { Charge = charge, Outcome = ChargeOutcome.Succeeded, Cost = 4 }, 4, correction);
        Assert.Equal([charge.Ledger, correction], end.Ledger);
    }

    [Theory]
    [InlineData(LedgerEntryKind.Forward, "unknown")]
    [InlineData(LedgerEntryKind.Consume, "consumed")]
    public void What_a_dead_process_left_is_told_from_the_ledger_and_is_not_the_last_word(object kind, string outcome)
    {
        var orphan = AuditEvent.OfOrphan("key_a", Row(new LedgerEntry { Kind = (LedgerEntryKind)kind, KeyId = "key_a", Delta = 5, RequestId = "request" }), 0);
        Assert.Equal((outcome, 5L, "request", Now), (orphan.Entry.Outcome, orphan.Entry.Cost, orphan.Entry.RequestId, orphan.Entry.At));
        Assert.Equal(AuditWord.First, orphan.Word);
    }

    [Fact]
    public void What_was_done_to_a_pool_is_told_by_what_it_changed_of_the_pool()
    {
        var act = AuditEvent.OfAct("pool_a", Row(new LedgerEntry { Kind = LedgerEntryKind.Act, KeyId = "pool_a", PoolDelta = -7, Outcome = "reset", Actor = "admin" }), 0);
        Assert.Equal((-7L, "reset", "admin", AuditWord.Last), (act.Entry.Cost, act.Entry.Outcome, act.Entry.Actor, act.Word));
    }

    [Fact]
    public void It_is_read_from_a_message_as_it_was_written()
    {
        var sent = AuditEvent.OfConsumed(NewCharge(isHold: false));
        var read = JsonSerializer.Deserialize(JsonSerializer.Serialize([sent], AuditJson.Default.ListAuditEvent), AuditJson.Default.ListAuditEvent)!.Single();
        Assert.Equal(sent with { Ledger = [] }, read with { Ledger = [] });
        Assert.Equal(sent.Ledger, read.Ledger);
    }

    private static LedgerRow Row(params LedgerEntry[] entries) =>
        new() { Sequence = 5, CommitId = Guid.NewGuid(), At = Now, Owner = "instance", Entries = entries };

    private static Charge NewCharge(bool isHold)
    {
        Assert.True(KeySecret.TryParse("secret", out var secret));
        return new Charge
        {
            Key = new KeyLocator("key_a", "key_a"),
            Id = new ChargeId(20260302, 4, 1),
            Cost = 5,
            At = Now,
            IsHold = isHold,
            Ledger = new LedgerRef(4, 1, 2, 5, 0),
            Request = new ChargeRequest { Secret = secret, RequestId = "request", Reference = "reference" },
        };
    }
}
