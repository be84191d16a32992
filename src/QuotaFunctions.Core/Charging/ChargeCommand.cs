using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;

namespace QuotaFunctions.Core.Charging;

/// <summary>Takes a cost from a key's quota, and from its pool's: from both, or from neither.</summary>
internal sealed class ChargeCommand : AccountCommand<ChargeResult>
{
    /// <summary>How long a call is held where nobody settles it, be it for an estimate or as one that is under way: longer than any call takes.</summary>
    private static readonly TimeSpan CallHold = TimeSpan.FromHours(1);

    private readonly ChargeRequest _asked;
    private readonly KeyLocator _locator;
    private readonly CancellationToken _cancellation;
    private readonly EarlierCall? _earlier;

    // As this key may make it: set by every decision
    private ChargeRequest _request;

    /// <summary>Makes a charge.</summary>
    /// <param name="request">Who asks, and for how much.</param>
    /// <param name="locator">The key.</param>
    /// <param name="deadline">When to give up.</param>
    /// <param name="cancellation">Cancels it, as long as it is not decided.</param>
    public ChargeCommand(ChargeRequest request, KeyLocator locator, long deadline, CancellationToken cancellation)
        : base(locator.KeyId, deadline)
    {
        (_asked, _request, _locator, _cancellation) = (request, request, locator, cancellation);
        _earlier = request.Idempotency is { } claim ? new EarlierCall(claim, locator) : null;
        NeedsPreparing = _earlier is not null;
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

    public override Task PrepareAsync(IAccountStore store, DateTimeOffset now, CancellationToken cancellationToken) =>
        _earlier?.ReadAsync(store, now, cancellationToken) ?? Task.CompletedTask;

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

        if ((status ?? ChargeScope.Check(key!, _asked, out _request)) is { } refusal)
        {
            return Refuse(transaction, refusal);
        }

        if (_earlier?.Find(transaction) is { } record)
        {
            return Repeat(transaction, record);
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
        return (ChargeLimits.CheckQuota(transaction, _locator.KeyId, least) ?? CheckUse(transaction)) is { } limit
            ? Refuse(transaction, limit.Refusal, limit.RetryAfterMs)
            : Take(transaction, Math.Min(Math.Min(most, allowed), ChargeLimits.Left(transaction, _locator.KeyId)));
    }

    public override long? UnitsNeeded(KeyState key, DateTimeOffset now) => key.Balance.IsRefillDue(now) ? null : CostFor(key)?.Most ?? 0;

    public override Decision? TryDecideOnLease(AccountTransaction transaction)
    {
        var key = transaction.Peek(_locator.KeyId);
        var lease = transaction.Lease!;
        if (_request.Idempotency is not null || (key is not null && HoldFor(key) is not null)
            || QuotaRules.CheckStatus(key, pool: null, _request.Secret.Hash, transaction.Now) is not null
            || ChargeScope.Check(key!, _asked, out _request) is not null)
        {
            return null;
        }

        if (CostFor(key!) is not { Most: var cost } || cost > lease.Left || cost > (key!.Settings.MaxCost ?? long.MaxValue))
        {
            return null;
        }

        lease.Spent += cost;
        var index = transaction.Add(ChargeEntry.Of(_request, _locator, cost, holdUntil: 0));
        return Grant(transaction, index, QuotaRules.Snapshot(key, lease, transaction.At), repeated: null);
    }

    /// <summary>Decides a request whose Idempotency-Key was charged before.</summary>
    private Decision Repeat(AccountTransaction transaction, IdempotencyRecord record)
    {
        if (record.RequestHash != _request.Idempotency!.RequestHash)
        {
            return Refuse(transaction, ChargeRefusal.IdempotencyMismatch);
        }

        if (_request.Kind == ChargeKind.Consume)
        {
            return Repeated(transaction, record.Charge, record.Cost, record.At);
        }

        var (stage, call) = _earlier!.LastOf(transaction, record);
        return stage switch
        {
            CallStage.UnderWay => Refuse(transaction, ChargeRefusal.IdempotencyInProgress),
            CallStage.AnswerKept => Repeated(transaction, call.Charge, call.Charge == record.Charge ? record.Cost : 0, call.At, isAnswerKept: true),
            CallStage.Exhausted => Refuse(transaction, ChargeRefusal.IdempotencyAnswerGone),

            // It goes out again, so it counts for the rate and stands in the log, but costs nothing.
            _ => CheckUse(transaction) is { } limit ? Refuse(transaction, limit.Refusal, limit.RetryAfterMs) : Take(transaction, 0, record),
        };
    }

    private Decision Repeated(AccountTransaction transaction, ChargeId charge, long cost, DateTimeOffset at, bool isAnswerKept = false) => Answered(new ChargeResult
    {
        Charge = new Charge { Key = _locator, Id = charge, Cost = cost, At = at, Request = _request },
        Replayed = true,
        IsAnswerKept = isAnswerKept,
        KeyId = _locator.KeyId,
        Quota = QuotaRules.Snapshot(transaction.Peek(_locator.KeyId)!, transaction.PeekPool(), transaction.At),
    });

    /// <summary>The limits other than the quota.</summary>
    private ReachedLimit? CheckUse(AccountTransaction transaction)
    {
        var key = transaction.Peek(_locator.KeyId)!;
        return ChargeLimits.CheckRate(transaction, _locator.KeyId) ?? (CountsCall(key) ? ChargeLimits.CheckCalls(key) : null);
    }

    /// <summary>Takes the cost.</summary>
    /// <param name="transaction">From this account.</param>
    /// <param name="cost">In units.</param>
    /// <param name="repeated">The Idempotency-Key whose request goes out again; null for a new one, or none.</param>
    private Decision Take(AccountTransaction transaction, long cost, IdempotencyRecord? repeated = null)
    {
        var key = transaction.Change(_locator.KeyId);
        var hold = HoldFor(key);
        var holdUntil = hold is null ? 0 : (transaction.At + hold.Value).ToUnixTimeSeconds();
        key.Take(cost, hold is not null, _request.Kind == ChargeKind.Forward, transaction.At);
        transaction.ChangePool()?.Balance.Take(cost, hold is not null);
        var index = transaction.Add(ChargeEntry.Of(_request, _locator, cost, holdUntil));
        if (_request.Idempotency is { } claim)
        {
            var charge = transaction.Row.IdOf(index);
            transaction.Remember(_locator.KeyId, repeated is null
                ? new IdempotencyRecord(claim.Key, claim.RequestHash, charge, cost, transaction.At)
                : repeated with { Again = new RepeatedCall(charge, transaction.At) });
        }

        return Grant(transaction, index, QuotaRules.Snapshot(key, transaction.Pool, transaction.At), repeated);
    }

    /// <summary>
    /// What was taken is given back where the one who asked had been refused meanwhile. Not what is consumed with an Idempotency-Key: a
    /// client that sends it again is told of this charge, here or on another instance, perhaps just now. Of a call nobody is told before it is settled.
    /// </summary>
    private Decision Grant(AccountTransaction transaction, int index, QuotaSnapshot quota, IdempotencyRecord? repeated) =>
        Written(() => new ChargeResult
        {
            Charge = ToCharge(transaction, index) is var charge && repeated is not null ? charge with { Granted = repeated.Cost } : charge,
            Replayed = repeated is not null,
            KeyId = _locator.KeyId,
            Quota = quota,
        }) with
        {
            Compensation = _request is { Idempotency: not null, Kind: ChargeKind.Consume } ? null : () => new SettleCommand(new Settlement
            {
                Charge = ToCharge(transaction, index),
                Outcome = ChargeOutcome.Failed,
                Cost = 0,
                Repetition = Repetition.Anew,
                Status = 503,
            }),
        };

    private CostEstimate? CostFor(KeyState key) => _request.EstimateIn(key.Balance.Unit);

    private TimeSpan? HoldFor(KeyState key) =>
        IsRepeatableCall || CountsCall(key) || _request.IsEstimatedIn(key.Balance.Unit) ? CallHold : _request.HoldFor;

    /// <summary>Whether it is a call that may be repeated. It is a hold then, so that the account itself knows when it has ended, and how.</summary>
    private bool IsRepeatableCall => _request is { Kind: ChargeKind.Forward, Idempotency: not null };

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
