using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Keys;

namespace QuotaFunctions.Core.Quotas.Lanes;

/// <summary>Takes a cost from a key's quota, and from its pool's: from both, or from neither.</summary>
internal sealed class ChargeOperation(ChargeRequest request, KeyLocator locator, long deadline, CancellationToken withdrawal)
    : LaneOperation<ChargeResult>(locator.KeyId, deadline)
{
    /// <summary>Characters of a text that the ledger keeps.</summary>
    private const int MaxText = 500;

    /// <summary>How long an estimate of tokens is held where nobody settles it.</summary>
    private static readonly TimeSpan TokenHold = TimeSpan.FromHours(1);

    private readonly int _maxEntriesLength = LedgerEntry.MaxLengthOf(
        locator.KeyId, Cut(request.RequestId), Cut(request.Provider), Cut(request.Model), request.Address?.ToString(), Cut(request.Reference));
    private OnceRecord? _remembered;
    private ChargeResult _result = null!;
    private QuotaSnapshot? _quota;
    private bool _replayed;
    private LedgerEntry? _entry;
    private int _index;

    public override int MaxEntriesLength => _maxEntriesLength;

    public override bool TryWithdraw()
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
            _remembered = await store.FindOnceAsync(locator, claim.Key, now, cancellationToken);
            if (_remembered is { } record && await store.FindSettledAsync(locator, record.Charge, cancellationToken) == 0)
            {
                // Refunded: trying again is charged again.
                _remembered = null;
            }
        }
    }

    public override void DecideMissing() => _result = new ChargeResult { Refusal = ChargeRefusal.KeyInvalid };

    public override bool Decide(CommitDraft draft)
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

        var cost = CostFor(key!.Meter);
        if (cost > (key.Settings.MaxCost ?? ChargeRequest.MaxCost))
        {
            return Refuse(draft, ChargeRefusal.CostTooHigh);
        }

        draft.BeginPeriods(locator.KeyId);
        return Exhausted(draft, cost) || RateExceeded(draft) ? false : Take(draft, cost);
    }

    public override long? ClaimOn(KeyState key, DateTimeOffset now) => key.Meter.IsRefillDue(now) ? null : CostFor(key.Meter);

    public override bool TryDecideOnLease(CommitDraft draft)
    {
        var key = draft.Peek(locator.KeyId);
        var lease = draft.Lease!;
        if (request.Idempotency is not null || HoldFor(key?.Meter) is not null
            || QuotaRules.Standing(key, pool: null, request.Secret.Hash, draft.Now) is not null
            || QuotaRules.Scope(key!, request.Provider, request.Model, request.Address, request.NeedsModel) is not null)
        {
            return false;
        }

        var cost = CostFor(key!.Meter);
        if (cost > lease.Left || cost > (key.Settings.MaxCost ?? ChargeRequest.MaxCost))
        {
            return false;
        }

        lease.Spent += cost;
        Enter(draft, cost, holdUntil: 0);
        _quota = QuotaRules.Snapshot(key, lease, draft.At);
        return true;
    }

    public override void Committed(CommitDraft draft) => Succeed(new ChargeResult
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
    public override LaneOperation? Undo(CommitDraft draft) => request.Idempotency is not null ? null : new SettleOperation(
        new Settlement { Charge = ToCharge(draft), Outcome = ChargeOutcome.Failed, Cost = 0, Status = 503 });

    /// <summary>
    /// A request that was refused meanwhile is never forwarded, so nobody else will say how it ended. A hold is closed at its deadline,
    /// like any other that nobody settles.
    /// </summary>
    public override AuditEvent? ToLog(CommitDraft draft, bool isLate) =>
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
        RequestId = Cut(request.RequestId),
        Provider = Cut(request.Provider),
        Model = Cut(request.Model),
        Address = request.Address?.ToString(),
        Reference = Cut(request.Reference),
    };

    // Whoever asks has held them to their limits. But an entry that fits into no commit would stop the lane.
    private static string? Cut(string? text) => text is { Length: > MaxText } ? text[..MaxText] : text;

    private OnceRecord? Remembered(CommitDraft draft)
    {
        if (request.Idempotency is not { } claim)
        {
            return null;
        }

        var inThisCommit = draft.SideRows.OfType<SideRow.Once>()
            .LastOrDefault(row => row.KeyId == locator.KeyId && row.Record.IdempotencyKey == claim.Key)?.Record;
        return inThisCommit ?? (_remembered is { } known && known.At + OnceRecord.Lifetime > draft.At && !IsRefunded(draft, known) ? known : null);
    }

    private bool IsRefunded(CommitDraft draft, OnceRecord record) =>
        draft.SideRows.OfType<SideRow.Settled>().Any(row => row.KeyId == locator.KeyId && row.Charge == record.Charge && row.Cost == 0);

    private bool Replay(CommitDraft draft, OnceRecord record)
    {
        if (record.RequestHash != request.Idempotency!.RequestHash)
        {
            return Refuse(draft, ChargeRefusal.IdempotencyMismatch);
        }

        if (request.Kind == ChargeKind.Forward)
        {
            // It goes out again, so it counts for the rate and stands in the log, but costs nothing.
            if (record.Replays >= OnceRecord.MaxReplays)
            {
                return Refuse(draft, ChargeRefusal.RateLimited, (record.At + OnceRecord.Lifetime - draft.At).TotalMilliseconds);
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

    private bool Exhausted(CommitDraft draft, long cost)
    {
        if (cost == 0)
        {
            // Everything but the quota is checked
            return false;
        }

        var own = draft.Peek(locator.KeyId)!.Meter;
        var pool = draft.PeekPool()?.Meter;
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

    private bool RateExceeded(CommitDraft draft)
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

    private bool Take(CommitDraft draft, long cost, bool replayed = false)
    {
        var key = draft.Change(locator.KeyId);
        var hold = replayed ? null : HoldFor(key.Meter);
        var holdUntil = hold is null ? 0 : (draft.At + hold.Value).ToUnixTimeSeconds();
        key.Meter.Take(cost, hold is not null);
        key.LastUsedAt = draft.At;
        draft.ChangePool()?.Meter.Take(cost, hold is not null);
        if (key.Settings.RateLimitPerMinute is { } limit)
        {
            var nowMs = draft.At.ToUnixTimeMilliseconds();
            key.Rate.Forget(nowMs);
            key.Rate.Add(nowMs, limit);
        }

        Enter(draft, cost, holdUntil);
        if (request.Idempotency is { } claim && !replayed)
        {
            draft.Remember(locator.KeyId, new OnceRecord(claim.Key, claim.RequestHash, draft.Row.IdOf(_index), cost, draft.At));
        }

        _replayed = replayed;
        _quota = QuotaRules.Snapshot(key, draft.Pool, draft.At);
        return true;
    }

    private void Enter(CommitDraft draft, long cost, long holdUntil)
    {
        _entry = EntryOf(request, locator, cost, holdUntil) with { LaterTicks = draft.LaterTicks };
        _index = draft.Add(_entry);
    }

    private long CostFor(Meter meter) => meter.Unit == QuotaUnit.Tokens ? request.TokenEstimate ?? request.Cost : request.Cost;

    private TimeSpan? HoldFor(Meter? meter) =>
        meter?.Unit == QuotaUnit.Tokens && request.TokenEstimate is not null ? TokenHold : request.HoldFor;

    private bool Refuse(CommitDraft draft, ChargeRefusal refusal, double? retryAfterMs = null)
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

    private Charge ToCharge(CommitDraft draft) => new()
    {
        Key = locator,
        Id = draft.Row.IdOf(_index),
        Cost = _entry!.Delta,
        At = draft.At,
        Request = request,
        Unit = draft.Peek(locator.KeyId)!.Meter.Unit,
        IsHold = _entry.HoldUntil > 0,
        Ledger = draft.Row.RefOf(_index),
    };
}
