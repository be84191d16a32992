using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Http;

namespace QuotaFunctions.Core.Proxying;

/// <summary>
/// Takes a key's holder's request to an upstream: has it read, charges, forwards, settles. Until the charge nothing
/// costs anything; after it every way out settles, once.
/// </summary>
public sealed partial class ProxyHandler
{
    private readonly ClientKeys _clients;
    private readonly ProxyRequestReader _reader;
    private readonly UpstreamForwarder _forwarder;
    private readonly IQuotaEngine _engine;
    private readonly UpstreamMetrics _metrics;
    private readonly TimeSpan _drain;
    private readonly TimeProvider _time;
    private readonly ILogger<ProxyHandler> _logger;

    internal ProxyHandler(
        ClientKeys clients,
        ProxyRequestReader reader,
        UpstreamForwarder forwarder,
        IQuotaEngine engine,
        UpstreamMetrics metrics,
        TimeSpan drain,
        TimeProvider time,
        ILogger<ProxyHandler> logger)
    {
        _clients = clients;
        _reader = reader;
        _forwarder = forwarder;
        _engine = engine;
        _metrics = metrics;
        _drain = drain;
        _time = time;
        _logger = logger;
    }

    /// <summary><c>/v1/{path}</c>: to the provider that serves the model.</summary>
    /// <param name="context">The client's request.</param>
    /// <param name="address">Where it comes from.</param>
    /// <param name="ended">Ends when the host ends the invocation.</param>
    /// <returns>Null when it was answered; else what to answer.</returns>
    public Task<Refusal?> ForwardToModelAsync(HttpContext context, IPAddress? address, CancellationToken ended) =>
        HandleAsync(context, secret => _reader.ReadForModelAsync(context, secret, address), ended);

    /// <summary><c>/providers/{provider}/{path}</c>: to a provider by its name.</summary>
    /// <param name="context">The client's request.</param>
    /// <param name="name">The provider's name.</param>
    /// <param name="address">Where it comes from.</param>
    /// <param name="ended">Ends when the host ends the invocation.</param>
    /// <returns>Null when it was answered; else what to answer.</returns>
    public Task<Refusal?> ForwardToProviderAsync(HttpContext context, string name, IPAddress? address, CancellationToken ended) =>
        HandleAsync(context, secret => _reader.ReadForProviderAsync(context, name, secret, address), ended);

    /// <summary><c>/proxy</c>: to the endpoint that the body names.</summary>
    /// <param name="context">The client's request.</param>
    /// <param name="address">Where it comes from.</param>
    /// <param name="ended">Ends when the host ends the invocation.</param>
    /// <returns>Null when it was answered; else what to answer.</returns>
    public Task<Refusal?> ForwardToEndpointAsync(HttpContext context, IPAddress? address, CancellationToken ended) =>
        HandleAsync(context, secret => _reader.ReadForEndpointAsync(context, secret, address), ended);

    private async Task<Refusal?> HandleAsync(HttpContext context, Func<KeySecret, Task<ProxyRequest>> read, CancellationToken ended)
    {
        var (secret, notIdentified) = await _clients.IdentifyAsync(context.Request, context.RequestAborted).ConfigureAwait(false);
        if (secret is null)
        {
            return notIdentified;
        }

        try
        {
            await using var request = await read(secret).ConfigureAwait(false);
            context.Features.Set(new RequestedProvider(request.Upstream.Provider.Name));
            var result = await _engine.ChargeAsync(request.Charge, context.RequestAborted).ConfigureAwait(false);
            if (result.Quota is { } quota)
            {
                QuotaHeaders.Write(context.Response, quota, _time.GetUtcNow(), result.Charge?.Cost);
            }

            if (result.Replayed)
            {
                context.Response.Headers[Idempotency.ReplayedHeader] = "true";
            }

            if (result.Refusal == ChargeRefusal.ModelNotAllowed && request.Uncertainty is { } uncertainty)
            {
                return uncertainty;
            }

            if (result.Charge is null)
            {
                return Refusal.Of(result.Refusal!.Value, result.RetryAfter);
            }

            context.Features.Get<Admission>()!.IsGranted = true;
            return await ForwardAsync(context, request.Upstream, result, ended).ConfigureAwait(false);
        }
        catch (RefusedException refused)
        {
            return refused.Refusal;
        }
    }

    private async Task<Refusal?> ForwardAsync(HttpContext context, UpstreamRequest request, ChargeResult result, CancellationToken ended)
    {
        // What is held until the usage is known
        var isHold = result.Charge!.IsHold;
        request = WithinGrant(context, request, result.Charge);
        request = isHold ? AskForUsage(request) : request;
        var pending = new PendingCharge(this, result.Charge, result.Replayed, request);
        var call = new UpstreamCall(_metrics, request, result.Charge.Request.Model, _time);
        using var attendance = new Attendance(isHold ? _drain : TimeSpan.Zero, _time, context.RequestAborted, ended);

        // How it ended when an exception that nobody foresaw ends it
        var unforeseen = new ForwardResult(ForwardOutcome.Unreachable) { PromptTokens = request.Estimate.PromptTokens };
        try
        {
            var sent = await _forwarder.SendAsync(
                request with { WantsPlainAnswer = isHold, TraceParent = call.TraceParent }, attendance).ConfigureAwait(false);
            if (sent.Answer is null)
            {
                var none = unforeseen with { End = sent.End };
                call.Ended(none);
                await SettleBeforeAnswerAsync(context, pending, none, result).ConfigureAwait(false);
                return sent.Refusal;
            }

            call.Answered();
            using var answer = sent.Answer;
            var status = (int)answer.StatusCode;
            unforeseen = unforeseen with { End = ForwardOutcome.Truncated, Status = status };
            if (request.Provider.HasCredential && status is (StatusCodes.Status401Unauthorized or StatusCodes.Status402PaymentRequired))
            {
                // It is not the client's fault, and what the upstream says of it may quote the credential
                var rejected = new ForwardResult(ForwardOutcome.CredentialRejected, status);
                call.Ended(rejected);
                await SettleBeforeAnswerAsync(context, pending, rejected, result).ConfigureAwait(false);
                return new Refusal(Problem.UpstreamCredentialRejected);
            }

            if (request.Provider.RefundOn.Covers(status))
            {
                // However the rest of it ends: who has the answer also has the refund
                await SettleBeforeAnswerAsync(context, pending, new ForwardResult(ForwardOutcome.Answered, status), result).ConfigureAwait(false);
            }

            var usage = TokenUsageReader.For(answer.Content.Headers.ContentEncoding.Count > 0, answer.Content.Headers.ContentType?.MediaType);
            attendance.Follow(pending.IsSettled ? null : usage);
            var passed = await _forwarder.PassOnAsync(answer, context, request, usage, attendance).ConfigureAwait(false);
            var exchange = unforeseen with
            {
                End = passed.End,
                Reported = usage?.Usage,
                IsReportLast = passed.IsWhole || usage is { IsOver: true },
                HasError = usage is { HasError: true },
                AnswerTokens = usage?.Passed ?? TokenEstimates.OfText(request.Progress.BytesOut),
            };
            call.Ended(exchange, usage);
            await pending.SettleAsync(exchange, usage).ConfigureAwait(false);
            return null;
        }
        finally
        {
            call.Ended(unforeseen);
            await pending.SettleAsync(unforeseen).ConfigureAwait(false);
        }
    }

    private static UpstreamRequest AskForUsage(UpstreamRequest request) =>
        request.Provider.RequestStreamUsage && request.Content is { } content && StreamUsage.HasToBeAsked(request.Method, UpstreamPath.Decode(request.Target.AbsolutePath))
        && StreamUsage.Ask(content.Head, content.IsRepeatable) is { } asking
            ? request with { Content = content.WithHead(asking), HidesReport = true }
            : request;

    /// <summary>The request, with its answers limited to what was granted, where that is less than it may use.</summary>
    private static UpstreamRequest WithinGrant(HttpContext context, UpstreamRequest request, Charge charge)
    {
        if (request is not { Content: { } content, Estimate: { Limit: { } limit } estimate }
            || estimate.AnswerTokensWithin(charge.Granted, charge.Unit) is not { } tokens)
        {
            return request;
        }

        context.Response.Headers[QuotaHeaders.MaxTokens] = tokens.ToString(CultureInfo.InvariantCulture);
        return request with { Content = content.WithHead(limit.Set(content.Head, tokens)) };
    }

    private async Task SettleBeforeAnswerAsync(HttpContext context, PendingCharge pending, ForwardResult exchange, ChargeResult result)
    {
        var cost = await pending.SettleAsync(exchange).ConfigureAwait(false);
        if (result.Quota is { } quota && cost != result.Charge!.Cost)
        {
            var back = result.Charge.Cost - cost;
            QuotaHeaders.Write(context.Response, quota with { Remaining = quota.Remaining + back, Used = quota.Used - back }, _time.GetUtcNow(), cost);
        }
    }

    [LoggerMessage(1210, LogLevel.Error, "The charge {Charge} of {Key} could not be settled; the timer will do it.")]
    private partial void NotSettled(string charge, string key, Exception exception);

    /// <summary>A charge that was granted, and is settled once.</summary>
    private sealed class PendingCharge(ProxyHandler handler, Charge charge, bool isReplay, UpstreamRequest request)
    {
        private readonly long _start = handler._time.GetTimestamp();
        private long? _cost;

        /// <summary>Whether that was done.</summary>
        public bool IsSettled => _cost is not null;

        /// <summary>Settles it, unless that was done. Returns its cost.</summary>
        public async Task<long> SettleAsync(ForwardResult exchange, TokenUsageReader? usage = null)
        {
            if (_cost is { } settled)
            {
                return settled;
            }

            var (outcome, cost) = SettlementRules.Decide(exchange, charge.Cost, charge.Unit, request.Provider.RefundOn, request.Estimate.Price);

            // A replay was paid for the first time
            _cost = cost = isReplay ? charge.Cost : cost;
            var (progress, wasSent) = (request.Progress, exchange.End is not (ForwardOutcome.NotSent or ForwardOutcome.CircuitOpen));
            try
            {
                // Whether the client is still there does not matter
                await handler._engine.SettleAsync(
                    new Settlement
                    {
                        Charge = charge,
                        Outcome = outcome,
                        Cost = cost,
                        Status = exchange.Status,
                        Latency = wasSent ? handler._time.GetElapsedTime(_start) : null,
                        FirstByte = progress.FirstByteAt is { } at ? handler._time.GetElapsedTime(_start, at) : null,
                        Attempts = progress.Attempts,
                        BytesIn = wasSent ? request.Content?.SentBytes ?? 0 : null,
                        BytesOut = wasSent ? progress.BytesOut : null,
                        TokensIn = usage?.Input,
                        TokensOut = usage?.Output,
                    },
                    CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                handler.NotSettled(charge.Id.ToString(), charge.Key.KeyId, exception);
            }

            return cost;
        }
    }
}
