using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;

namespace QuotaFunctions.Core.Auditing;

/// <summary>Tells the log of commits and settlements, and finds in the log what the ledger no longer has.</summary>
internal sealed class CommitRecorder(IAuditSink sink, IAuditStore log, InstanceIdentity self) : ICommitListener, IChargeHistory
{
    /// <inheritdoc/>
    public ValueTask OnCommittedAsync(string accountId, LedgerRow row, CancellationToken cancellationToken) =>
        row.Entries.Any(entry => entry.IsSelfContained)
            ? sink.WriteAsync(new CommitMessage { AccountId = accountId, Row = row }, cancellationToken)
            : default;

    /// <inheritdoc/>
    public ValueTask OnSettledAsync(Settlement settlement, long cost, LedgerEntryRef? correction, CancellationToken cancellationToken) =>
        sink.WriteAsync(AuditEvent.OfSettlement(settlement, cost, correction, self.Id), cancellationToken);

    /// <inheritdoc/>
    public async Task<ConsumedCharge?> FindConsumedAsync(string keyId, ChargeId id, CancellationToken cancellationToken) =>
        (await log.FindAsync(keyId, id, AuditPhase.Final, cancellationToken))?.Entry is { } entry && entry.Outcome == OutcomeNames.Of(ChargeOutcome.Consumed)
            ? new ConsumedCharge(entry.Cost, entry.At, entry.RequestId)
            : null;
}
