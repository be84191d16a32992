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
public sealed class ProxyHandler
{
    private readonly ClientKeys _clients;
    private readonly ProxyRequestReader _reader;
    private readonly FailoverSender _sender;
    private readonly UpstreamForwarder _forwarder;
    private readonly IQuotaEngine _engine;
    private readonly KeptAnswers _answers;
    private readonly TimeSpan _drain;
    private readonly TimeProvider _time;
    private readonly ILogger<ProxyHandler> _logger;

    internal ProxyHandler(
        ClientKeys clients,
        ProxyRequestReader reader,
        FailoverSender sender,
        UpstreamForwarder forwarder,
        IQuotaEngine engine,
        KeptAnswers answers,
        TimeSpan drain,
        TimeProvider time,
        ILogger<ProxyHandler> logger)
    {
        _clients = clients;
        _reader = reader;
        _sender = sender;
        _forwarder = forwarder;
        _engine = engine;
        _answers = answers;
        _drain = drain;
        _time = time;
        _logger = logger;
    }

    /// <summary><c>/v1/{path}</c>: to where the model's route leads, else to the provider that serves it.</summary>
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
            context.Features.Set(new RequestedProvider(request.Upstreams[0].Provider.Name));
            var result = await _engine.ChargeAsync(request.Charge, context.RequestAborted).ConfigureAwait(false);
            if (result.Quota is { } quota)
            {
                QuotaHeaders.Write(context.Response, quota, _time.GetUtcNow(), result.Replayed ? 0 : result.Charge?.Cost);
            }

            if (result.Refusal == ChargeRefusal.ModelNotAllowed && request.Uncertainty is { } uncertainty)
            {
                return uncertainty;
            }

            if (result.Charge is null)
            {
                return Refusal.Of(result.Refusal!.Value, result.RetryAfter);
            }

            if (result.IsAnswerKept)
            {
                return await _answers.GiveAsync(context, result.Charge).ConfigureAwait(false);
            }

            if (result.Replayed)
            {
                context.Response.Headers[Idempotency.ReplayedHeader] = "true";
            }

            context.Features.Get<Admission>()!.IsGranted = true;
            return await ForwardAsync(context, request, result, ended).ConfigureAwait(false);
        }
        catch (RefusedException refused)
        {
            return refused.Refusal;
        }
    }

    private async Task<Refusal?> ForwardAsync(HttpContext context, ProxyRequest asked, ChargeResult result, CancellationToken ended)
    {
        var isEstimate = result.Charge!.IsEstimate;
        var targets = asked.OpenTo(result.Charge.Request);
        var pending = new PendingCharge(_engine, result.Charge, result.Replayed, targets[0], _time, _logger);
        UpstreamCall? call = null;
        using var attendance = new Attendance(isEstimate ? _drain : TimeSpan.Zero, _time, context.RequestAborted, ended);

        // How it ended when an exception that nobody foresaw ends it
        var unforeseen = new ForwardResult(ForwardOutcome.Unreachable) { PromptTokens = targets[0].Estimate.PromptTokens };
        try
        {
            var sent = await _sender.SendAsync(targets, asked.Timeout, Prepare, attendance).ConfigureAwait(false);
            (var request, call, var response) = sent;
            pending.Request = request;
            context.Features.Set(new RequestedProvider(request.Provider.Name));
            if (response.Answer is null || sent.IsCredentialRejected)
            {
                // A refused credential is not the client's fault, and what the upstream says of it may quote the credential
                using var unread = response.Answer;
                var none = sent.Result with { PromptTokens = request.Estimate.PromptTokens };
                call.Ended(none);
                await SettleBeforeAnswerAsync(context, pending, none, result).ConfigureAwait(false);
                return sent.IsCredentialRejected ? new Refusal(Problem.UpstreamCredentialRejected) : response.Refusal;
            }

            using var answer = response.Answer;
            var status = sent.Status;
            unforeseen = new ForwardResult(ForwardOutcome.Truncated, status) { PromptTokens = request.Estimate.PromptTokens };
            if (request.Provider.RefundOn.Covers(status))
            {
                // However the rest of it ends: who has the answer also has the refund
                await SettleBeforeAnswerAsync(context, pending, new ForwardResult(ForwardOutcome.Answered, status), result).ConfigureAwait(false);
            }
            else if (pending.Taken is var taken && taken < result.Charge.Cost)
            {
                // It went to a place that is less dear than the one that was charged for
                WriteQuota(context, result, taken);
            }

            var usage = TokenUsageReader.For(answer.Content.Headers.ContentEncoding.Count > 0, answer.Content.Headers.ContentType?.MediaType);
            attendance.Follow(pending.IsSettled ? null : usage);
            var recording = _answers.Record(result.Charge);
            var passed = await _forwarder.PassOnAsync(answer, context, request, usage, recording, attendance).ConfigureAwait(false);
            var exchange = unforeseen with
            {
                End = passed.End,
                Reported = usage?.Usage,
                IsReportLast = passed.IsWhole || usage is { IsOver: true },
                HasError = usage is { HasError: true },
                AnswerTokens = usage?.Passed ?? TokenEstimates.OfText(request.Progress.BytesOut),
            };
            call.Ended(exchange, usage);
            var isKept = (passed.IsWhole || passed.End == ForwardOutcome.Answered) && !pending.IsSettled
                && await _answers.TryKeepAsync(result.Charge, recording).ConfigureAwait(false);
            await pending.SettleAsync(exchange, usage, isKept).ConfigureAwait(false);
            return null;
        }
        finally
        {
            call?.Ended(unforeseen);
            await pending.SettleAsync(unforeseen).ConfigureAwait(false);
        }

        UpstreamRequest Prepare(UpstreamRequest request)
        {
            request = WithinGrant(context, request, result.Charge);
            return isEstimate ? AskForUsage(request) : request;
        }
    }

    private static UpstreamRequest AskForUsage(UpstreamRequest request) =>
        request.Provider.RequestStreamUsage && request.Content is { } content && StreamUsage.HasToBeAsked(request.Method, UpstreamPath.Decode(request.Target.AbsolutePath))
        && StreamUsage.Ask(content.Head, content.IsRepeatable) is { } asking
            ? request with { Content = content.WithHead(asking), HidesReport = true, WantsPlainAnswer = true }
            : request with { WantsPlainAnswer = true };

    /// <summary>The request, with its answers limited to what was granted, where that is less than it may use.</summary>
    private static UpstreamRequest WithinGrant(HttpContext context, UpstreamRequest request, Charge charge)
    {
        context.Response.Headers.Remove(QuotaHeaders.MaxTokens);
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
        if (cost != result.Charge!.Cost)
        {
            WriteQuota(context, result, cost);
        }
    }

    private void WriteQuota(HttpContext context, ChargeResult result, long cost)
    {
        if (result.Quota is { } quota)
        {
            var back = result.Charge!.Cost - cost;
            QuotaHeaders.Write(context.Response, quota with { Remaining = quota.Remaining + back, Used = quota.Used - back }, _time.GetUtcNow(), cost);
        }
    }
}
