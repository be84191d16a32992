using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;

namespace QuotaFunctions.Core.Proxying;

/// <summary>A charge for a forwarded call that was granted, and is settled once.</summary>
/// <param name="engine">Settles it.</param>
/// <param name="charge">The charge.</param>
/// <param name="isReplay">Whether an Idempotency-Key was sent again: the call was paid for the first time.</param>
/// <param name="first">What is forwarded, to the first place that it may go to.</param>
/// <param name="time">The time.</param>
/// <param name="logger">The log.</param>
internal sealed partial class PendingCharge(
    IQuotaEngine engine, Charge charge, bool isReplay, UpstreamRequest first, TimeProvider time, ILogger logger)
{
    private readonly long _start = time.GetTimestamp();
    private long? _cost;

    /// <summary>What is forwarded, as it was sent last.</summary>
    public UpstreamRequest Request { get; set; } = first;

    /// <summary>What was taken for that, of all that was taken.</summary>
    public long Taken => charge.TakenFor(Request.Charged);

    /// <summary>Whether that was done.</summary>
    public bool IsSettled => _cost is not null;

    /// <summary>Settles it, unless that was done. Returns its cost.</summary>
    public async Task<long> SettleAsync(ForwardResult exchange, TokenUsageReader? usage = null, bool isAnswerKept = false)
    {
        if (_cost is { } settled)
        {
            return settled;
        }

        var (outcome, cost) = SettlementRules.Decide(exchange, Taken, charge.Unit, Request.Provider.RefundOn, Request.Estimate.Price);

        // A replay was paid for the first time
        _cost = cost = isReplay ? charge.Cost : cost;
        var (progress, wasSent) = (Request.Progress, Request.Progress.Tried.Count > 1 || exchange.End is not (ForwardOutcome.NotSent or ForwardOutcome.CircuitOpen));

        // What was forwarded again is not refunded, and used up unless it never went out
        var isVoid = isReplay ? !wasSent : SettlementRules.IsRefunded(exchange, Request.Provider.RefundOn);
        try
        {
            // Whether the client is still there does not matter
            await engine.SettleAsync(
                new Settlement
                {
                    Charge = charge,
                    Outcome = outcome,
                    Cost = cost,
                    Repetition = isAnswerKept ? Repetition.KeptAnswer : isVoid ? Repetition.Anew : Repetition.OnceMore,
                    Status = exchange.Status,
                    Latency = wasSent ? time.GetElapsedTime(_start) : null,
                    FirstByte = progress.FirstByteAt is { } at ? time.GetElapsedTime(_start, at) : null,
                    Attempts = progress.Attempts,
                    ServedBy = Request.Charged,
                    Tried = progress.Tried.Count > 1 ? string.Join(", ", progress.Tried.Select(static tried => $"{tried.Provider}:{tried.Outcome}")) : null,
                    BytesIn = wasSent ? Request.Content?.SentBytes ?? 0 : null,
                    BytesOut = wasSent ? progress.BytesOut : null,
                    TokensIn = usage?.Input,
                    TokensOut = usage?.Output,
                },
                CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            NotSettled(charge.Id.ToString(), charge.Key.KeyId, exception);
        }

        return cost;
    }

    [LoggerMessage(1210, LogLevel.Error, "The charge {Charge} of {Key} could not be settled; the timer will do it.")]
    private partial void NotSettled(string charge, string key, Exception exception);
}
