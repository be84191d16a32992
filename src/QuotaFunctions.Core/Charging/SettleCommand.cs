using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Auditing;

namespace QuotaFunctions.Core.Charging;

/// <summary>What became of a settlement in the books.</summary>
/// <param name="AlreadySettled">True where the charge had been settled before: nothing was changed.</param>
/// <param name="Cost">What the charge comes to, in units.</param>
/// <param name="Quota">The key's quota afterwards.</param>
internal sealed record SettleResult(bool AlreadySettled, long Cost = 0, QuotaSnapshot? Quota = null);

/// <summary>
/// Corrects a charge's cost: once, and whatever the quota. The mark that it is done goes into the same transaction. It waits for
/// storage as long as that takes, and gets into the log whether anybody waits for it or not: the process that made a charge is the
/// only one that knows how it ended.
/// </summary>
internal sealed class SettleCommand(Settlement settlement)
    : AccountCommand<SettleResult>(settlement.Charge.Key.KeyId, deadline: long.MaxValue)
{
    /// <summary>
    /// How long after the charge the mark of its settlement is there for certain: an hour less than marks are kept, as it is the
    /// instances' clocks that say how old a charge is.
    /// </summary>
    private static readonly TimeSpan MarkCertain = MarkIndex.Lifetime - TimeSpan.FromHours(1);

    private readonly Charge _charge = settlement.Charge;
    private bool _isSettled;
    private SettleResult _result = null!;
    private LedgerEntry? _entry;
    private int _index;

    public override bool NeedsPreparing => true;

    public override async Task PrepareAsync(IAccountStore store, DateTimeOffset now, CancellationToken cancellationToken)
    {
        _isSettled = await store.FindSettlementAsync(_charge.Key, _charge.Id, cancellationToken) is not null;
        if (!_isSettled && now - _charge.At > MarkCertain)
        {
            // A mark that old may have been deleted, but not before the charge's row: where that still is, there was none. The mark
            // is looked for first, as a row never comes back.
            _isSettled = await store.FindCommitAsync(_charge.Key.AccountId, _charge.Id.Sequence, orPage: true, cancellationToken) is null;
        }
    }

    public override void DecideMissing() => _result = new SettleResult(AlreadySettled: true);

    public override bool Decide(AccountTransaction draft)
    {
        // The same charge twice in one batch: the first decides.
        var again = draft.SideRows.OfType<SideRow.SettlementMarker>().Any(row => row.Charge == _charge.Id && row.KeyId == _charge.Key.KeyId);
        if (_isSettled || again || draft.Peek(_charge.Key.KeyId) is null)
        {
            DecideMissing();
            return false;
        }

        var key = draft.Change(_charge.Key.KeyId);
        var pool = draft.ChangePool();
        var delta = key.Balance.Settle(_charge.Id.Place, _charge.Cost, _charge.IsHold, settlement.Cost);
        _entry = new LedgerEntry
        {
            Kind = LedgerEntryKind.Settle,
            KeyId = _charge.Key.KeyId,
            Delta = delta,
            PoolDelta = pool?.Balance.Settle(_charge.Id.Place, _charge.Cost, _charge.IsHold, settlement.Cost) ?? 0,
            Settles = _charge.Id.ToString(),
            FinalCost = _charge.Cost + delta,
            Outcome = OutcomeNames.Of(settlement.Outcome),
            Status = settlement.Status,
            LatencyMs = (int?)settlement.Latency?.TotalMilliseconds,
        };
        _index = draft.Add(_entry);
        draft.Add(new SideRow.SettlementMarker(_charge.Key.KeyId, _charge.Id, _entry.FinalCost));
        _result = new SettleResult(
            AlreadySettled: false, _entry.FinalCost, QuotaRules.Snapshot(key, pool, draft.At));
        return true;
    }

    public override void Committed(AccountTransaction draft) => Succeed(_result);

    public override void Answer() => Succeed(_result);

    public override bool IsRepeatable => true;

    /// <summary>What a charge comes to above what was taken may be what leases have set aside: then none goes on.</summary>
    public override long? UnitsNeeded(KeyState key, DateTimeOffset now) => Math.Max(0, settlement.Cost - _charge.Cost);

    /// <summary>The lane logs it, whether anybody still waits for it or not.</summary>
    public override AuditEvent ToLog(AccountTransaction draft, bool isLate) => AuditEvent.OfSettlement(settlement, _entry!.FinalCost, draft.Row.RefOf(_index));
}
