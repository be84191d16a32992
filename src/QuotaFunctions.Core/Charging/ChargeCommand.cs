using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;

namespace QuotaFunctions.Core.Charging;

/// <summary>Takes a cost from a key's quota, and from its pool's: from both, or from neither.</summary>
internal sealed class ChargeCommand : AccountCommand<ChargeResult>
{
    /// <summary>How long a call is held where nobody settles it, be it for an estimate or as one that is under way: longer than any call takes.</summary>
    private static readonly TimeSpan CallHold = TimeSpan.FromHours(1);

    /// <summary>When it is worth while to ask again where too many calls are under way.</summary>
    private static readonly TimeSpan RetryOfCalls = TimeSpan.FromSeconds(1);

    private readonly ChargeRequest _request;
    private readonly KeyLocator _locator;
    private readonly CancellationToken _cancellation;
    private IdempotencyRecord? _remembered;

    /// <summary>Makes a charge.</summary>
    /// <param name="request">Who asks, and for how much.</param>
    /// <param name="locator">The key.</param>
    /// <param name="deadline">When to give up.</param>
    /// <param name="cancellation">Cancels it, as long as it is not decided.</param>
    public ChargeCommand(ChargeRequest request, KeyLocator locator, long deadline, CancellationToken cancellation)
        : base(locator.KeyId, deadline)
    {
        (_request, _locator, _cancellation) = (request, locator, cancellation);
        NeedsPreparing = request.Idempotency is not null;
        MaxEntriesLength = ChargeEntry.MaxLengthOf(request, locator);
    }

    public override bool TryCancel()
    {
        if (_cancellation.IsCancellationRequested)
        {
            Cancel(_cancellation);
        }

        return IsAnswered;
    }

    public override async Task PrepareAsync(IAccountStore store, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (_request.Idempotency is { } claim)
        {
            _remembered = await store.FindIdempotencyRecordAsync(_locator, claim.Key, now, cancellationToken);
            if (_remembered is { } record && await store.FindSettlementAsync(_locator, record.Charge, cancellationToken) == 0)
            {
                // Refunded: trying again is charged again.
                _remembered = null;
            }
        }
    }

    /// <summary>The answer to a client that does not hold the key: it is told nothing of it.</summary>
    public override Decision DecideMissing() => Answered(new ChargeResult { Refusal = ChargeRefusal.KeyInvalid });

    public override Decision Decide(AccountTransaction transaction)
    {
        var key = transaction.Peek(_locator.KeyId);
        var status = QuotaRules.CheckStatus(key, transaction.PeekPool(), _request.Secret.Hash, transaction.Now);
        if (status == ChargeRefusal.KeyInvalid)
        {
            return DecideMissing();
        }

        if ((status ?? QuotaRules.CheckScope(key!, _request.Provider, _request.Model, _request.Address, _request.NeedsModel)) is { } refusal)
        {
            return Refuse(transaction, refusal);
        }

        if (Remembered(transaction) is { } record)
        {
            return Replay(transaction, record);
        }

        if (CostFor(key!) is not { Most: var most, Least: var least })
        {
            return Refuse(transaction, _request.Kind == ChargeKind.Forward ? ChargeRefusal.ModelNotPriced : ChargeRefusal.CostInvalid);
        }

        var allowed = key!.Settings.MaxCost ?? long.MaxValue;
        if (least > allowed)
        {
            return Refuse(transaction, ChargeRefusal.CostTooHigh);
        }

        transaction.BeginPeriods(_locator.KeyId);
        return CheckQuota(transaction, least) ?? CheckRate(transaction) ?? CheckCalls(transaction)
            ?? Take(transaction, Math.Min(Math.Min(most, allowed), Left(transaction)));
    }

    public override long? UnitsNeeded(KeyState key, DateTimeOffset now) => key.Balance.IsRefillDue(now) ? null : CostFor(key)?.Most ?? 0;

    public override Decision? TryDecideOnLease(AccountTransaction transaction)
    {
        var key = transaction.Peek(_locator.KeyId);
        var lease = transaction.Lease!;
        if (_request.Idempotency is not null || (key is not null && HoldFor(key) is not null)
            || QuotaRules.CheckStatus(key, pool: null, _request.Secret.Hash, transaction.Now) is not null
            || QuotaRules.CheckScope(key!, _request.Provider, _request.Model, _request.Address, _request.NeedsModel) is not null)
        {
            return null;
        }

        if (CostFor(key!) is not { Most: var cost } || cost > lease.Left || cost > (key!.Settings.MaxCost ?? long.MaxValue))
        {
            return null;
        }

        lease.Spent += cost;
        var index = transaction.Add(ChargeEntry.Of(_request, _locator, cost, holdUntil: 0));
        return Grant(transaction, index, QuotaRules.Snapshot(key, lease, transaction.At), replayed: null);
    }

    private IdempotencyRecord? Remembered(AccountTransaction transaction)
    {
        if (_request.Idempotency is not { } claim)
        {
            return null;
        }

        var inThisCommit = transaction.SideRows.OfType<SideRow.Idempotency>()
            .LastOrDefault(row => row.KeyId == _locator.KeyId && row.Record.IdempotencyKey == claim.Key)?.Record;
        return inThisCommit ?? (_remembered is { } known && known.At + IdempotencyRecord.Lifetime > transaction.At && !IsRefunded(transaction, known) ? known : null);
    }

    private bool IsRefunded(AccountTransaction transaction, IdempotencyRecord record) =>
        transaction.SideRows.OfType<SideRow.SettlementMarker>().Any(row => row.KeyId == _locator.KeyId && row.Charge == record.Charge && row.Cost == 0);

    private Decision Replay(AccountTransaction transaction, IdempotencyRecord record)
    {
        if (record.RequestHash != _request.Idempotency!.RequestHash)
        {
            return Refuse(transaction, ChargeRefusal.IdempotencyMismatch);
        }

        if (_request.Kind == ChargeKind.Forward)
        {
            // It goes out again, so it counts for the rate and stands in the log, but costs nothing.
            if (record.Replays >= IdempotencyRecord.MaxReplays)
            {
                return Refuse(transaction, ChargeRefusal.RateLimited, (record.At + IdempotencyRecord.Lifetime - transaction.At).TotalMilliseconds);
            }

            if ((CheckRate(transaction) ?? CheckCalls(transaction)) is { } refusal)
            {
                return refusal;
            }

            transaction.Remember(_locator.KeyId, record with { Replays = record.Replays + 1 });
            return Take(transaction, 0, replayed: record);
        }

        return Answered(new ChargeResult
        {
            Charge = new Charge { Key = _locator, Id = record.Charge, Cost = record.Cost, At = record.At, Request = _request },
            Replayed = true,
            KeyId = _locator.KeyId,
            Quota = QuotaRules.Snapshot(transaction.Peek(_locator.KeyId)!, transaction.PeekPool(), transaction.At),
        });
    }

    /// <summary>Refuses what the quota does not cover; null where it does.</summary>
    private Decision? CheckQuota(AccountTransaction transaction, long cost)
    {
        if (cost == 0)
        {
            // Everything but the quota is checked
            return null;
        }

        var own = transaction.Peek(_locator.KeyId)!.Balance;
        var pool = transaction.PeekPool()?.Balance;
        var ownFails = !own.Affords(cost);
        var poolFails = pool is not null && !pool.Affords(cost);
        if (!ownFails && !poolFails)
        {
            return null;
        }

        DateTimeOffset? due = (ownFails, poolFails) switch
        {
            (true, true) => own.ResetsAt > pool!.ResetsAt ? own.ResetsAt : own.ResetsAt is null ? null : pool.ResetsAt,
            (true, false) => own.ResetsAt,
            _ => pool!.ResetsAt,
        };
        return Refuse(transaction, ChargeRefusal.QuotaExhausted, (due - transaction.At)?.TotalMilliseconds);
    }

    /// <summary>Refuses what is over the rate; null where it is not.</summary>
    private Decision? CheckRate(AccountTransaction transaction)
    {
        var key = transaction.Peek(_locator.KeyId)!;
        if (key.Settings.RateLimitPerMinute is not { } limit)
        {
            return null;
        }

        var (count, freeInMs) = key.Rate.AsOf(transaction.At.ToUnixTimeMilliseconds(), limit);
        return count < limit ? null : Refuse(transaction, ChargeRefusal.RateLimited, freeInMs);
    }

    /// <summary>Refuses a call where as many are under way as may be; null where it may go out.</summary>
    private Decision? CheckCalls(AccountTransaction transaction)
    {
        var key = transaction.Peek(_locator.KeyId)!;
        return CountsCall(key) && key.OpenCalls >= key.Settings.MaxConcurrent
            ? Refuse(transaction, ChargeRefusal.TooManyCalls, RetryOfCalls.TotalMilliseconds)
            : null;
    }

    /// <summary>What neither the key nor its pool has used or set aside.</summary>
    private long Left(AccountTransaction transaction) =>
        Math.Min(transaction.Peek(_locator.KeyId)!.Balance.Left ?? long.MaxValue, transaction.PeekPool()?.Balance.Left ?? long.MaxValue);

    private Decision Take(AccountTransaction transaction, long cost, IdempotencyRecord? replayed = null)
    {
        var key = transaction.Change(_locator.KeyId);
        var hold = replayed is not null && !CountsCall(key) ? null : HoldFor(key);
        var holdUntil = hold is null ? 0 : (transaction.At + hold.Value).ToUnixTimeSeconds();
        key.Balance.Take(cost, hold is not null);
        key.LastUsedAt = transaction.At;
        if (hold is not null && _request.Kind == ChargeKind.Forward)
        {
            key.BeginCall();
        }

        transaction.ChangePool()?.Balance.Take(cost, hold is not null);
        if (key.Settings.RateLimitPerMinute is { } limit)
        {
            var nowMs = transaction.At.ToUnixTimeMilliseconds();
            key.Rate.Forget(nowMs);
            key.Rate.Add(nowMs, limit);
        }

        var index = transaction.Add(ChargeEntry.Of(_request, _locator, cost, holdUntil));
        if (_request.Idempotency is { } claim && replayed is null)
        {
            transaction.Remember(_locator.KeyId, new IdempotencyRecord(claim.Key, claim.RequestHash, transaction.Row.IdOf(index), cost, transaction.At));
        }

        return Grant(transaction, index, QuotaRules.Snapshot(key, transaction.Pool, transaction.At), replayed);
    }

    /// <summary>
    /// What was taken is given back where the one who asked had been refused meanwhile. Not with an Idempotency-Key: a client that sends it
    /// again is told of this charge, here or on another instance, perhaps just now. Such a request is never forwarded, so nobody else will
    /// say how it ended: the log is told of it. A hold is closed at its deadline, like any other that nobody settles; but where it counts as a call
    /// under way, at once and at its cost: nothing is under way.
    /// </summary>
    private Decision Grant(AccountTransaction transaction, int index, QuotaSnapshot quota, IdempotencyRecord? replayed)
    {
        var hasToBeLogged = _request is { Idempotency: not null, Kind: ChargeKind.Forward } && transaction.Row.Entries[index].HoldUntil == 0;
        return Written(() => new ChargeResult
        {
            Charge = ToCharge(transaction, index) is var charge && replayed is not null ? charge with { Granted = replayed.Cost } : charge,
            Replayed = replayed is not null,
            KeyId = _locator.KeyId,
            Quota = quota,
        }) with
        {
            Compensation = _request.Idempotency is null ? () => Settled(ChargeOutcome.Failed, cost: 0)
                : CountsCall(transaction.Peek(_locator.KeyId)!) ? () => Settled(ChargeOutcome.Unknown, transaction.Row.Entries[index].Delta)
                : null,
            Report = hasToBeLogged
                ? (listener, isLate, stop) => isLate ? listener.OnAbandonedAsync(_locator.AccountId, transaction.Row, index, stop) : default
                : null,
        };

        SettleCommand Settled(ChargeOutcome outcome, long cost) =>
            new(new Settlement { Charge = ToCharge(transaction, index), Outcome = outcome, Cost = cost, Status = 503 });
    }

    private CostEstimate? CostFor(KeyState key) => _request.EstimateIn(key.Balance.Unit);

    private TimeSpan? HoldFor(KeyState key) =>
        CountsCall(key) || _request.IsEstimatedIn(key.Balance.Unit) ? CallHold : _request.HoldFor;

    /// <summary>Whether the charge takes one of the calls that may be under way at once. It is a hold then, so that its end is a commit of its own.</summary>
    private bool CountsCall(KeyState key) => _request.Kind == ChargeKind.Forward && key.Settings.MaxConcurrent is not null;

    private Decision Refuse(AccountTransaction transaction, ChargeRefusal refusal, double? retryAfterMs = null) => Answered(new ChargeResult
    {
        Refusal = refusal,
        RetryAfter = retryAfterMs is { } ms ? QuotaRules.WholeSeconds(ms) : null,
        KeyId = _locator.KeyId,
        Quota = QuotaRules.Snapshot(transaction.Peek(_locator.KeyId)!, transaction.PeekPool(), transaction.At),
    });

    private Charge ToCharge(AccountTransaction transaction, int index) => new()
    {
        Key = _locator,
        Id = transaction.Row.IdOf(index),
        Cost = transaction.Row.Entries[index].Delta,
        At = transaction.At,
        Request = _request,
        Unit = transaction.Peek(_locator.KeyId)!.Balance.Unit,
        IsHold = transaction.Row.Entries[index].HoldUntil > 0,
        Ledger = transaction.Row.RefOf(index),
    };
}
