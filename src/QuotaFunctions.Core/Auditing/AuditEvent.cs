using System.Text.Json.Serialization;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;

namespace QuotaFunctions.Core.Auditing;

/// <summary>What the log is told of a charge or an act, and which entries of the ledger it accounts for.</summary>
internal sealed record AuditEvent : AuditMessage
{
    [JsonPropertyName("k")]
    public required string KeyId { get; init; }

    /// <summary>The charge's id, or the act's own.</summary>
    [JsonPropertyName("i")]
    public required ChargeId Id { get; init; }

    [JsonPropertyName("w")]
    public AuditPhase Phase { get; init; }

    /// <summary>The kind of the charge, or an adjustment.</summary>
    [JsonPropertyName("t")]
    public LedgerEntryKind Kind { get; init; }

    [JsonPropertyName("d")]
    public required AuditEntry Entry { get; init; }

    /// <summary>The ledger's entries that are wholly in the log with this.</summary>
    [JsonPropertyName("e")]
    public IReadOnlyList<LedgerEntryRef> Ledger { get; init; } = [];

    /// <summary>The end of a charge.</summary>
    /// <param name="settlement">How it ended.</param>
    /// <param name="cost">What it came to, in units.</param>
    /// <param name="correction">The ledger's entry that corrected the cost, or null.</param>
    /// <param name="instance">The instance that tells it.</param>
    public static AuditEvent OfSettlement(Settlement settlement, long cost, LedgerEntryRef? correction, string instance)
    {
        var (charge, target) = (settlement.Charge, settlement.ServedBy);
        return new AuditEvent
        {
            AccountId = charge.Key.AccountId,
            KeyId = charge.Key.KeyId,
            Id = charge.Id,
            Phase = AuditPhase.Final,
            Kind = charge.Request.Kind == ChargeKind.Consume ? LedgerEntryKind.Consume : LedgerEntryKind.Forward,
            Entry = new AuditEntry
            {
                At = charge.At,
                Outcome = OutcomeNames.Of(settlement.Outcome),
                Cost = cost,
                Status = settlement.Status,
                LatencyMs = (int?)settlement.Latency?.TotalMilliseconds,
                Provider = target?.Provider ?? charge.Request.Provider,
                Model = target is null ? charge.Request.Model : target.Model,
                Address = charge.Request.Address?.ToString(),
                RequestId = charge.Request.RequestId,
                TraceId = charge.Request.TraceId,
                Reference = charge.Request.Reference,
                Method = charge.Request.Method,
                Path = target?.Path ?? charge.Request.Path,
                Attempts = settlement.Attempts,
                Tried = settlement.Tried,
                FirstByteMs = (int?)settlement.FirstByte?.TotalMilliseconds,
                BytesIn = settlement.BytesIn,
                BytesOut = settlement.BytesOut,
                TokensIn = settlement.TokensIn,
                TokensOut = settlement.TokensOut,
                Instance = instance,
            },
            Ledger = correction is { } corrected ? [charge.Ledger, corrected] : [charge.Ledger],
        };
    }

    /// <summary>
    /// An entry of the ledger, as far as it says itself: an act, the end of a charge by its correction, or how a charge began. When that
    /// was, a correction does not know. A hold's entry is accounted for only by its settlement.
    /// </summary>
    public static AuditEvent OfEntry(string accountId, LedgerRow row, int index)
    {
        var entry = row.Entries[index];
        var isCorrection = entry.Kind == LedgerEntryKind.Settle;
        return new AuditEvent
        {
            AccountId = accountId,
            KeyId = entry.KeyId,
            Id = isCorrection ? entry.SettledCharge ?? throw new FormatException("The entry settles no charge.") : row.IdOf(index),
            Phase = isCorrection ? AuditPhase.Corrected : entry.Kind == LedgerEntryKind.Adjustment ? AuditPhase.Final : AuditPhase.Admitted,
            Kind = entry.ChargeKind,
            Entry = new AuditEntry(entry)
            {
                Instance = isCorrection ? null : row.Owner,
                At = isCorrection ? default : row.At,
                Outcome = entry.Outcome ?? OutcomeNames.Of(entry.Kind == LedgerEntryKind.Consume ? ChargeOutcome.Consumed : ChargeOutcome.Unknown),
                Cost = isCorrection ? entry.FinalCost : entry.KeyId == accountId && entry.PoolDelta != 0 ? entry.PoolDelta : entry.Delta,
            },
            Ledger = entry.HoldUntil > 0 ? [] : [row.RefOf(index)],
        };
    }
}
