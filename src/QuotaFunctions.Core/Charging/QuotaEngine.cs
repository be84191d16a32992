using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Charging;

/// <inheritdoc cref="IQuotaEngine"/>
internal sealed class QuotaEngine(
    AccountWriters writers, IAccountStore store, IKeyDirectory directory, ICommitListener listener, IChargeHistory history,
    InFlightCharges inFlight, ChargingMetrics metrics, StorageMetrics storage, TimeProvider clock)
    : IQuotaEngine
{
    private static readonly TimeSpan ReportWindow = TimeSpan.FromHours(24);

    /// <summary>
    /// How long a call waits where too many are under way, or the one with its Idempotency-Key. A client may have the whole of an answer a moment
    /// before that call is settled, and asks for the next at once; and of what another instance settled an account writer knows a little later.
    /// </summary>
    private static readonly TimeSpan CallPatience = TimeSpan.FromMilliseconds(400);

    private static readonly TimeSpan CallPause = TimeSpan.FromMilliseconds(40);

    /// <inheritdoc/>
    public async Task<ChargeResult> ChargeAsync(ChargeRequest request, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(request.Cost ?? 0, ChargeRequest.MinCost);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(request.Cost ?? 0, ChargeRequest.MaxCost);
        ArgumentOutOfRangeException.ThrowIfNegative(request.TokenEstimate?.Least ?? 0);
        ArgumentOutOfRangeException.ThrowIfNegative(request.DollarEstimate?.Least ?? 0);
        var deadline = writers.NewDeadline();
        using var span = Instrumentation.Activities.StartActivity("quota decision");
        var start = clock.GetTimestamp();
        ChargeResult result;
        try
        {
            var found = await FindAsync(request.Secret, cancellationToken);
            result = found is { } locator
                ? await writers.RunAsync(locator.AccountId, new ChargeCommand(request, locator, deadline, cancellationToken))
                : new ChargeResult { Refusal = ChargeRefusal.KeyInvalid };
            while (result.Refusal is ChargeRefusal.TooManyCalls or ChargeRefusal.IdempotencyInProgress && clock.GetElapsedTime(start) < CallPatience)
            {
                await Task.Delay(CallPause, clock, cancellationToken);
                result = await writers.RunAsync(found!.Value.AccountId, new ChargeCommand(request, found.Value, deadline, cancellationToken));
            }
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested && StorageErrors.IsTransient(failure))
        {
            storage.Unavailable(failure);
            result = new ChargeResult { Refusal = ChargeRefusal.QuotaUnavailable };
        }

        if (result is { Charge.Request.Kind: ChargeKind.Forward, IsAnswerKept: false })
        {
            inFlight.Open();
        }

        metrics.Decided(clock.GetElapsedTime(start));
        span?.SetTag("quota.refusal", result.Refusal?.ToString());
        return result;
    }

    /// <inheritdoc/>
    public async Task SettleAsync(Settlement settlement, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(settlement.Cost);
        var charge = settlement.Charge;
        if (charge.IsHold || settlement.Cost != charge.Cost)
        {
            // The account writer goes on until it is done, however long storage is away. Only the caller does not wait for ever.
            await CorrectAndCloseAsync(settlement).WaitAsync(writers.DecisionTimeout, clock, cancellationToken);
            return;
        }

        try
        {
            await listener.OnSettledAsync(settlement, charge.Cost, correction: null, cancellationToken);
        }
        finally
        {
            inFlight.Close();
        }
    }

    /// <inheritdoc/>
    public async Task<ConsumeSettlementResult> SettleConsumedAsync(
        KeySecret secret, string chargeId, bool success, decimal? cost, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(cost ?? 0);
        try
        {
            return await SettleReportedAsync(secret, chargeId, success, cost, cancellationToken)
                .WaitAsync(writers.DecisionTimeout, clock, cancellationToken);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested && StorageErrors.IsTransient(failure))
        {
            storage.Unavailable(failure);
            return new ConsumeSettlementResult(ConsumeSettlementStatus.Unavailable);
        }
    }

    private async Task<ConsumeSettlementResult> SettleReportedAsync(
        KeySecret secret, string chargeId, bool success, decimal? cost, CancellationToken cancellationToken)
    {
        if (await directory.FindAsync(secret, cancellationToken) is not { } locator)
        {
            return new ConsumeSettlementResult(ConsumeSettlementStatus.Refused, ChargeRefusal.KeyInvalid);
        }

        var now = clock.GetUtcNow();
        var key = await store.LoadKeyAsync(locator, cancellationToken);
        var status = QuotaRules.CheckStatus(key, pool: null, secret.Hash, now);
        if (status is ChargeRefusal.KeyInvalid or ChargeRefusal.KeyRevoked)
        {
            return new ConsumeSettlementResult(ConsumeSettlementStatus.Refused, status);
        }

        var finalCost = 0L;
        if (cost is { } amount && !QuotaAmount.TryParse(amount, key!.Balance.Unit, out finalCost))
        {
            return new ConsumeSettlementResult(
                ConsumeSettlementStatus.Refused, ChargeRefusal.CostInvalid, Quota: QuotaRules.Snapshot(key, pool: null, now));
        }

        if (!ChargeId.TryParse(chargeId, out var id))
        {
            return new ConsumeSettlementResult(ConsumeSettlementStatus.NotFound);
        }

        if (await store.FindSettlementAsync(locator, id, cancellationToken) is not null)
        {
            return new ConsumeSettlementResult(ConsumeSettlementStatus.AlreadySettled);
        }

        if (await FindConsumedAsync(secret, key!, id, cancellationToken) is not { } charge || charge.At + ReportWindow < now)
        {
            return new ConsumeSettlementResult(ConsumeSettlementStatus.NotFound);
        }

        var final = cost is null ? charge.Cost : finalCost;
        var settlement = new Settlement
        {
            Charge = charge,
            Outcome = success ? ChargeOutcome.Succeeded : ChargeOutcome.Failed,
            Cost = final,
            Repetition = final == 0 ? Repetition.Anew : Repetition.OnceMore,
            Latency = now > charge.At ? now - charge.At : TimeSpan.Zero,
        };
        var result = await writers.RunAsync(locator.AccountId, new SettleCommand(settlement));
        return result.AlreadySettled
            ? new ConsumeSettlementResult(ConsumeSettlementStatus.AlreadySettled)
            : new ConsumeSettlementResult(ConsumeSettlementStatus.Settled, Cost: result.Cost, Quota: result.Quota);
    }

    /// <summary>Finds a key's place, in no more time than a charge may take.</summary>
    private async ValueTask<KeyLocator?> FindAsync(KeySecret secret, CancellationToken cancellationToken)
    {
        var found = directory.FindAsync(secret, cancellationToken);
        return found.IsCompletedSuccessfully ? found.Result : await found.AsTask().WaitAsync(writers.DecisionTimeout, clock, cancellationToken);
    }

    private async Task CorrectAndCloseAsync(Settlement settlement)
    {
        try
        {
            await writers.RunAsync(settlement.Charge.Key.AccountId, new SettleCommand(settlement));
        }
        finally
        {
            inFlight.Close();
        }
    }

    /// <summary>Finds a consumed charge in the ledger or, once its row is compacted, in the log.</summary>
    private async Task<Charge?> FindConsumedAsync(KeySecret secret, KeyState key, ChargeId id, CancellationToken cancellationToken)
    {
        var locator = key.Locator;
        if (await store.FindCommitAsync(locator.AccountId, id.Sequence, cancellationToken) is { } commit)
        {
            var entry = id.Day == commit.Day && id.Index < commit.Entries.Count ? commit.Entries[id.Index] : null;
            return entry is { Kind: LedgerEntryKind.Consume } && entry.KeyId == locator.KeyId
                ? ToCharge(entry.Delta, entry.RequestId, commit.At, entry.HoldUntil > 0) with
                {
                    Ledger = commit.RefOf(id.Index),
                }
                : null;
        }

        return await history.FindConsumedAsync(locator.KeyId, id, cancellationToken) is { } logged
            ? ToCharge(logged.Cost, logged.RequestId, logged.At, isHold: false)
            : null;

        Charge ToCharge(long cost, string? requestId, DateTimeOffset at, bool isHold) => new()
        {
            Key = locator,
            Id = id,
            Cost = cost,
            At = at,
            IsHold = isHold,
            Request = new ChargeRequest { Secret = secret, RequestId = requestId ?? "", Kind = ChargeKind.Consume },
        };
    }
}
