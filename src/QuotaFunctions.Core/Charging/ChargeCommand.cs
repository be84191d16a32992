using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Auditing;

namespace QuotaFunctions.Core.Charging;

/// <summary>Takes a cost from a key's quota, and from its pool's: from both, or from neither.</summary>
internal sealed class ChargeCommand(ChargeRequest request, KeyLocator locator, long deadline, CancellationToken withdrawal)
    : AccountCommand<ChargeResult>(locator.KeyId, deadline)
{
    /// <summary>Characters of a text that the ledger keeps.</summary>
    private const int MaxText = 500;

    /// <summary>How long an estimate of tokens is held where nobody settles it.</summary>
    private static readonly TimeSpan TokenHold = TimeSpan.FromHours(1);

    private readonly int _maxEntriesLength = LedgerEntry.MaxLengthOf(
        locator.KeyId, Truncate(request.RequestId), Truncate(request.Provider), Truncate(request.Model), request.Address?.ToString(), Truncate(request.Reference));
    private IdempotencyRecord? _remembered;
    private ChargeResult _result = null!;
    private QuotaSnapshot? _quota;
    private bool _replayed;
    private LedgerEntry? _entry;
    private int _index;

    public override int MaxEntriesLength => _maxEntriesLength;

    public override bool TryCancel()
    {
        if (withdrawal.IsCancellationRequested)
        {
            Cancel(withdrawal);
        }

        return IsAnswered;
    }

    public override bool NeedsPreparing => request.Idempotency is not null;

    public override async Task PrepareAsync(IAccountStore store, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (request.Idempotency is { } claim)
        {
            _remembered = await store.FindIdempotencyRecordAsync(locator, claim.Key, now, cancellationToken);
            if (_remembered is { } record && await store.FindSettlementAsync(locator, record.Charge, cancellationToken) == 0)
            {
                // Refunded: trying again is charged again.
                _remembered = null;
            }
        }
    }

    public override void DecideMissing() => _result = new ChargeResult { Refusal = ChargeRefusal.KeyInvalid };

    public override bool Decide(AccountTransaction draft)
    {
        _entry = null;
        var key = draft.Peek(locator.KeyId);
        var standing = QuotaRules.Standing(key, draft.PeekPool(), request.Secret.Hash, draft.Now);
        if (standing == ChargeRefusal.KeyInvalid)
        {
            // Whoever does not hold the key is told nothing of it.
            DecideMissing();
            return false;
        }

        if ((standing ?? QuotaRules.Scope(key!, request.Provider, request.Model, request.Address, request.NeedsModel)) is { } refusal)
        {
            return Refuse(draft, refusal);
        }

        if (Remembered(draft) is { } record)
        {
            return Replay(draft, record);
        }

        var cost = CostFor(key!.Balance);
        if (cost > (key.Settings.MaxCost ?? ChargeRequest.MaxCost))
        {
            return Refuse(draft, ChargeRefusal.CostTooHigh);
        }

        draft.BeginPeriods(locator.KeyId);
        return Exhausted(draft, cost) || RateExceeded(draft) ? false : Take(draft, cost);
    }

    public override long? UnitsNeeded(KeyState key, DateTimeOffset now) => key.Balance.IsRefillDue(now) ? null : CostFor(key.Balance);

    public override bool TryDecideOnLease(AccountTransaction draft)
    {
        var key = draft.Peek(locator.KeyId);
        var lease = draft.Lease!;
        if (request.Idempotency is not null || HoldFor(key?.Balance) is not null
            || QuotaRules.Standing(key, pool: null, request.Secret.Hash, draft.Now) is not null
            || QuotaRules.Scope(key!, request.Provider, request.Model, request.Address, request.NeedsModel) is not null)
        {
            return false;
        }

        var cost = CostFor(key!.Balance);
        if (cost > lease.Left || cost > (key.Settings.MaxCost ?? ChargeRequest.MaxCost))
        {
            return false;
        }

        lease.Spent += cost;
        Enter(draft, cost, holdUntil: 0);
        _quota = QuotaRules.Snapshot(key, lease, draft.At);
        return true;
    }

    public override void Committed(AccountTransaction draft) => Succeed(new ChargeResult
    {
        Charge = ToCharge(draft),
        Replayed = _replayed,
        KeyId = locator.KeyId,
        Quota = _quota,
    });

    public override void Answer() => Succeed(_result);

    /// <summary>
    /// Gives back what was taken. Not with an Idempotency-Key: whoever sends it again is told of this charge, here or on another
    /// instance, perhaps just now.
    /// </summary>
    public override AccountCommand? Compensate(AccountTransaction draft) => request.Idempotency is not null ? null : new SettleCommand(
        new Settlement { Charge = ToCharge(draft), Outcome = ChargeOutcome.Failed, Cost = 0, Status = 503 });

    /// <summary>
    /// A request that was refused meanwhile is never forwarded, so nobody else will say how it ended. A hold is closed at its deadline,
    /// like any other that nobody settles.
    /// </summary>
    public override AuditEvent? ToLog(AccountTransaction draft, bool isLate) =>
        isLate && request is { Idempotency: not null, Kind: ChargeKind.Forward } && _entry!.HoldUntil == 0
            ? AuditEvent.OfEntry(locator.AccountId, draft.Row, _index)
            : null;

    private static LedgerEntry EntryOf(ChargeRequest request, KeyLocator locator, long cost, long holdUntil) => new()
    {
        Kind = request.Kind == ChargeKind.Consume ? LedgerEntryKind.Consume : LedgerEntryKind.Forward,
        KeyId = locator.KeyId,
        Delta = cost,
        PoolDelta = locator.AccountId == locator.KeyId ? 0 : cost,
        HoldUntil = holdUntil,
        RequestId = Truncate(request.RequestId),
        Provider = Truncate(request.Provider),
        Model = Truncate(request.Model),
        Address = request.Address?.ToString(),
        Reference = Truncate(request.Reference),
    };

    // Whoever asks has held them to their limits. But an entry that fits into no commit would stop the lane.
    private static string? Truncate(string? text) => text is { Length: > MaxText } ? text[..MaxText] : text;

    private IdempotencyRecord? Remembered(AccountTransaction draft)
    {
        if (request.Idempotency is not { } claim)
        {
            return null;
        }

        var inThisCommit = draft.SideRows.OfType<SideRow.Idempotency>()
            .LastOrDefault(row => row.KeyId == locator.KeyId && row.Record.IdempotencyKey == claim.Key)?.Record;
        return inThisCommit ?? (_remembered is { } known && known.At + IdempotencyRecord.Lifetime > draft.At && !IsRefunded(draft, known) ? known : null);
    }

    private bool IsRefunded(AccountTransaction draft, IdempotencyRecord record) =>
        draft.SideRows.OfType<SideRow.SettlementMarker>().Any(row => row.KeyId == locator.KeyId && row.Charge == record.Charge && row.Cost == 0);

    private bool Replay(AccountTransaction draft, IdempotencyRecord record)
    {
        if (record.RequestHash != request.Idempotency!.RequestHash)
        {
            return Refuse(draft, ChargeRefusal.IdempotencyMismatch);
        }

        if (request.Kind == ChargeKind.Forward)
        {
            // It goes out again, so it counts for the rate and stands in the log, but costs nothing.
            if (record.Replays >= IdempotencyRecord.MaxReplays)
            {
                return Refuse(draft, ChargeRefusal.RateLimited, (record.At + IdempotencyRecord.Lifetime - draft.At).TotalMilliseconds);
            }

            if (RateExceeded(draft))
            {
                return false;
            }

            draft.Remember(locator.KeyId, record with { Replays = record.Replays + 1 });
            return Take(draft, 0, replayed: true);
        }

        _result = new ChargeResult
        {
            Charge = new Charge { Key = locator, Id = record.Charge, Cost = record.Cost, At = record.At, Request = request },
            Replayed = true,
            KeyId = locator.KeyId,
            Quota = QuotaRules.Snapshot(draft.Peek(locator.KeyId)!, draft.PeekPool(), draft.At),
        };
        return false;
    }

    private bool Exhausted(AccountTransaction draft, long cost)
    {
        if (cost == 0)
        {
            // Everything but the quota is checked
            return false;
        }

        var own = draft.Peek(locator.KeyId)!.Balance;
        var pool = draft.PeekPool()?.Balance;
        var ownFails = !own.Affords(cost);
        var poolFails = pool is not null && !pool.Affords(cost);
        if (!ownFails && !poolFails)
        {
            return false;
        }

        DateTimeOffset? due = (ownFails, poolFails) switch
        {
            (true, true) => own.ResetsAt > pool!.ResetsAt ? own.ResetsAt : own.ResetsAt is null ? null : pool.ResetsAt,
            (true, false) => own.ResetsAt,
            _ => pool!.ResetsAt,
        };
        Refuse(draft, ChargeRefusal.QuotaExhausted, (due - draft.At)?.TotalMilliseconds);
        return true;
    }

    private bool RateExceeded(AccountTransaction draft)
    {
        var key = draft.Peek(locator.KeyId)!;
        if (key.Settings.RateLimitPerMinute is not { } limit)
        {
            return false;
        }

        var (count, freeInMs) = key.Rate.AsOf(draft.At.ToUnixTimeMilliseconds(), limit);
        if (count < limit)
        {
            return false;
        }

        Refuse(draft, ChargeRefusal.RateLimited, freeInMs);
        return true;
    }

    private bool Take(AccountTransaction draft, long cost, bool replayed = false)
    {
        var key = draft.Change(locator.KeyId);
        var hold = replayed ? null : HoldFor(key.Balance);
        var holdUntil = hold is null ? 0 : (draft.At + hold.Value).ToUnixTimeSeconds();
        key.Balance.Take(cost, hold is not null);
        key.LastUsedAt = draft.At;
        draft.ChangePool()?.Balance.Take(cost, hold is not null);
        if (key.Settings.RateLimitPerMinute is { } limit)
        {
            var nowMs = draft.At.ToUnixTimeMilliseconds();
            key.Rate.Forget(nowMs);
            key.Rate.Add(nowMs, limit);
        }

        Enter(draft, cost, holdUntil);
        if (request.Idempotency is { } claim && !replayed)
        {
            draft.Remember(locator.KeyId, new IdempotencyRecord(claim.Key, claim.RequestHash, draft.Row.IdOf(_index), cost, draft.At));
        }

        _replayed = replayed;
        _quota = QuotaRules.Snapshot(key, draft.Pool, draft.At);
        return true;
    }

    private void Enter(AccountTransaction draft, long cost, long holdUntil)
    {
        _entry = EntryOf(request, locator, cost, holdUntil) with { LaterTicks = draft.LaterTicks };
        _index = draft.Add(_entry);
    }

    private long CostFor(QuotaBalance meter) => meter.Unit == QuotaUnit.Tokens ? request.TokenEstimate ?? request.Cost : request.Cost;

    private TimeSpan? HoldFor(QuotaBalance? meter) =>
        meter?.Unit == QuotaUnit.Tokens && request.TokenEstimate is not null ? TokenHold : request.HoldFor;

    private bool Refuse(AccountTransaction draft, ChargeRefusal refusal, double? retryAfterMs = null)
    {
        _result = new ChargeResult
        {
            Refusal = refusal,
            RetryAfter = retryAfterMs is { } ms ? QuotaRules.WholeSeconds(ms) : null,
            KeyId = locator.KeyId,
            Quota = QuotaRules.Snapshot(draft.Peek(locator.KeyId)!, draft.PeekPool(), draft.At),
        };
        return false;
    }

    private Charge ToCharge(AccountTransaction draft) => new()
    {
        Key = locator,
        Id = draft.Row.IdOf(_index),
        Cost = _entry!.Delta,
        At = draft.At,
        Request = request,
        Unit = draft.Peek(locator.KeyId)!.Balance.Unit,
        IsHold = _entry.HoldUntil > 0,
        Ledger = draft.Row.RefOf(_index),
    };
}
