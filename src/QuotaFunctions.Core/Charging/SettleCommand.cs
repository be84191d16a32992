using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;

namespace QuotaFunctions.Core.Charging;

/// <summary>The result of a settlement.</summary>
/// <param name="AlreadySettled">True where the charge had been settled before: nothing was changed.</param>
/// <param name="Cost">What the charge comes to, in units.</param>
/// <param name="Quota">The key's quota afterwards.</param>
internal sealed record SettleResult(bool AlreadySettled, long Cost = 0, QuotaSnapshot? Quota = null);

/// <summary>
/// Corrects a charge's cost: once, and whatever the quota. The mark that it is done goes into the same transaction. It waits for
/// storage as long as that takes, and gets into the log whether anybody waits for it or not: the process that made a charge is the
/// only one that knows how it ended.
/// </summary>
internal sealed class SettleCommand : AccountCommand<SettleResult>
{
    /// <summary>
    /// How long after the charge the mark of its settlement is there for certain: an hour less than marks are kept, as it is the
    /// instances' clocks that say how old a charge is.
    /// </summary>
    private static readonly TimeSpan MarkCertain = MarkIndex.Lifetime - TimeSpan.FromHours(1);

    private readonly Settlement _settlement;
    private readonly Charge _charge;

    // Where the call went elsewhere than its charge says
    private readonly string? _provider;
    private readonly string? _model;
    private bool _isSettled;

    /// <summary>Makes a correction.</summary>
    /// <param name="settlement">How the charge ended.</param>
    public SettleCommand(Settlement settlement)
        : base(settlement.Charge.Key.KeyId, deadline: long.MaxValue)
    {
        (_settlement, _charge) = (settlement, settlement.Charge);
        if (settlement.ServedBy is { } target && (target.Provider, target.Model) != (_charge.Request.Provider, _charge.Request.Model))
        {
            (_provider, _model) = (target.Provider, target.Model);
            MaxEntriesLength += LedgerEntry.MaxLengthOf(_provider, _model);
        }

        NeedsPreparing = true;
        IsRepeatable = true;
    }

    public override async Task PrepareAsync(IAccountStore store, DateTimeOffset now, CancellationToken cancellationToken)
    {
        _isSettled = await store.FindSettlementAsync(_charge.Key, _charge.Id, cancellationToken) is not null;
        if (!_isSettled && now - _charge.At > MarkCertain)
        {
            // A mark that old may have been deleted, but not before the charge's row: where that still is, there was none. The mark
            // is looked for first, as a row never comes back.
            _isSettled = await store.FindCommitAsync(_charge.Key.AccountId, _charge.Id.Sequence, cancellationToken) is null;
        }
    }

    public override Decision DecideMissing() => Answered(new SettleResult(AlreadySettled: true));

    public override Decision Decide(AccountTransaction transaction)
    {
        // The same charge twice in one batch: the first decides.
        var again = transaction.SideRows.OfType<SideRow.SettlementMarker>().Any(row => row.Charge == _charge.Id && row.KeyId == _charge.Key.KeyId);
        if (_isSettled || again || transaction.Peek(_charge.Key.KeyId) is null)
        {
            return DecideMissing();
        }

        var key = transaction.Change(_charge.Key.KeyId);
        var pool = transaction.ChangePool();
        var delta = key.Settle(_charge.Id.Place, _charge.Cost, _charge.IsHold, _charge.Request.Kind == ChargeKind.Forward, _settlement.Cost);
        var entry = new LedgerEntry
        {
            Kind = LedgerEntryKind.Settle,
            KeyId = _charge.Key.KeyId,
            Delta = delta,
            PoolDelta = pool?.Balance.Settle(_charge.Id.Place, _charge.Cost, _charge.IsHold, _settlement.Cost) ?? 0,
            Settles = _charge.Id.ToString(),
            FinalCost = _charge.Cost + delta,
            IsReport = _charge.Request.Kind == ChargeKind.Consume,
            Outcome = OutcomeNames.Of(_settlement.Outcome),
            Status = _settlement.Status,
            LatencyMs = (int?)_settlement.Latency?.TotalMilliseconds,
            Provider = _provider,
            Model = _model,
        };
        var index = transaction.Add(entry);

        // What was charged in a period that is over is not given back
        var repetition = entry.FinalCost > 0 && _settlement.Repetition == Repetition.Anew ? Repetition.OnceMore : _settlement.Repetition;
        transaction.Add(new SideRow.SettlementMarker(_charge.Key.KeyId, _charge.Id, entry.FinalCost, repetition));
        var result = new SettleResult(AlreadySettled: false, entry.FinalCost, QuotaRules.Snapshot(key, pool, transaction.At));
        return Written(() => result) with
        {
            // Also where nobody waits for it any more.
            Report = (listener, stop) => listener.OnSettledAsync(_settlement, entry.FinalCost, transaction.Row.RefOf(index), stop),
        };
    }

    /// <summary>What a charge comes to above what was taken may be what leases have set aside: then none goes on.</summary>
    public override long? UnitsNeeded(KeyState key, DateTimeOffset now) => Math.Max(0, _settlement.Cost - _charge.Cost);
}
