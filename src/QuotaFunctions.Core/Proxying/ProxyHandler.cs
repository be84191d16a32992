using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Quotas;

namespace QuotaFunctions.Core.Proxying;

/// <summary>
/// Takes a key's holder's request to an upstream: reads who asks for what, charges, forwards, settles. Until the charge nothing
/// costs anything; after it every way out settles, once.
/// </summary>
public sealed partial class ProxyHandler
{
    private static readonly HttpMethod[] Methods =
        [HttpMethod.Get, HttpMethod.Head, HttpMethod.Post, HttpMethod.Put, HttpMethod.Patch, HttpMethod.Delete, HttpMethod.Options];

    private readonly ProviderCatalog _catalog;
    private readonly UpstreamForwarder _forwarder;
    private readonly IQuotaEngine _engine;
    private readonly long _maxBodyBytes;
    private readonly TimeProvider _time;
    private readonly ILogger<ProxyHandler> _logger;

    internal ProxyHandler(
        ProviderCatalog catalog, UpstreamForwarder forwarder, IQuotaEngine engine, long maxBodyBytes, TimeProvider time, ILogger<ProxyHandler> logger)
    {
        _catalog = catalog;
        _forwarder = forwarder;
        _engine = engine;
        _maxBodyBytes = maxBodyBytes;
        _time = time;
        _logger = logger;
    }

    /// <summary><c>/v1/{path}</c>: to the provider that serves the model.</summary>
    /// <param name="context">The client's request.</param>
    /// <param name="address">Where it comes from.</param>
    /// <returns>Null when it was answered; else what to answer.</returns>
    public Task<ProxyRefusal?> ForwardToModelAsync(HttpContext context, IPAddress? address) => HandleAsync(context, address, async secret =>
    {
        var (path, query) = PathBeyond(context, segments: 1);
        var body = await ClientBody.OpenAsync(context.Request, _maxBodyBytes, context.RequestAborted).ConfigureAwait(false);
        var facts = FactsOf(context.Request, body);
        if (facts is { Models: > 0, Model: null })
        {
            throw ProxyRefusedException.Invalid("model", $"must be a string of 1 to {RequestFacts.MaxModelLength} characters.");
        }

        var model = UpstreamPath.ModelIn(path) ?? facts.Model;
        var provider = _catalog.ForModel(model)
            ?? throw new ProxyRefusedException(Problem.EndpointNotAllowed, "No provider serves this model, and there is no default provider.");
        return PassThrough(context, secret, provider, provider.AtOpenAI(path, query), body, facts);
    });

    /// <summary><c>/providers/{provider}/{path}</c>: to a provider by its name.</summary>
    /// <param name="context">The client's request.</param>
    /// <param name="name">The provider's name.</param>
    /// <param name="address">Where it comes from.</param>
    /// <returns>Null when it was answered; else what to answer.</returns>
    public Task<ProxyRefusal?> ForwardToProviderAsync(HttpContext context, string name, IPAddress? address) => HandleAsync(context, address, async secret =>
    {
        var (path, query) = PathBeyond(context, segments: 2);
        var provider = _catalog.Find(name) ?? throw new ProxyRefusedException(Problem.NotFound, "There is no provider of this name.");
        var body = await ClientBody.OpenAsync(context.Request, _maxBodyBytes, context.RequestAborted).ConfigureAwait(false);
        return PassThrough(context, secret, provider, provider.At(path, query), body, FactsOf(context.Request, body));
    });

    /// <summary><c>/proxy</c>: to the endpoint that the body names.</summary>
    /// <param name="context">The client's request.</param>
    /// <param name="address">Where it comes from.</param>
    /// <returns>Null when it was answered; else what to answer.</returns>
    public Task<ProxyRefusal?> ForwardToEndpointAsync(HttpContext context, IPAddress? address) => HandleAsync(context, address, async secret =>
    {
        RefuseEncodedBody(context.Request);
        var body = await ClientBody.OpenAsync(context.Request, _maxBodyBytes, context.RequestAborted).ConfigureAwait(false);
        var envelope = Envelope.Read(body);
        if (!Uri.TryCreate(envelope.Endpoint, UriKind.Absolute, out var endpoint) || endpoint.Scheme is not ("http" or "https"))
        {
            throw ProxyRefusedException.Invalid("endpoint", "must be an absolute http or https URL.");
        }

        // What is checked is what Uri made of the text, and that is what is called, too
        var isPlain = endpoint.UserInfo.Length == 0 && UpstreamPath.IsPlain(endpoint.AbsolutePath);
        var provider = (isPlain ? _catalog.ForEndpoint(endpoint) : null) ?? throw new ProxyRefusedException(Problem.EndpointNotAllowed);

        var method = MethodOf(envelope.Method ?? (envelope.Body is null ? "GET" : "POST"));
        var facts = envelope.Body is { } bytes ? RequestFacts.Read(bytes.Span, envelope.Inspector is null, isDeclaredJson: false) : RequestFacts.None;
        var length = envelope.Inspector is null ? envelope.Body?.Length : null;
        var content = envelope.Body is null ? null : new ForwardedContent(envelope.Body.Value, envelope.Inspector is null ? null : body.Rest, length, envelope.Inspector);
        if (content is not null && !envelope.Headers.ContainsKey(HeaderNames.ContentType))
        {
            envelope.Headers[HeaderNames.ContentType] = envelope.IsText ? "text/plain; charset=utf-8" : "application/json";
        }

        return new Call(secret, facts, envelope.Body ?? default, length ?? body.Length ?? 0, envelope.Inspector is null, new UpstreamRequest
        {
            Provider = provider,
            Target = endpoint,
            Method = method,
            Headers = envelope.Headers,
            Content = content,
            RequestId = context.TraceIdentifier,
        });
    });

    private static Call PassThrough(HttpContext context, KeySecret secret, Provider provider, Uri target, ClientBody body, RequestFacts facts)
    {
        var inspector = body.Rest is not null && facts.IsObject ? new SingleModelInspector(body.Head.Span) : null;
        var hasBody = body.Head.Length > 0 || context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true;
        return new Call(secret, facts, body.Head, body.Length ?? body.Head.Length, body.Rest is null, new UpstreamRequest
        {
            Provider = provider,
            Target = target,
            Method = MethodOf(context.Request.Method),
            Headers = context.Request.Headers,
            Content = hasBody ? new ForwardedContent(body.Head, body.Rest, body.Length, inspector) : null,
            RequestId = context.TraceIdentifier,
        });
    }

    /// <summary>The path that the client sent beyond its first segments, without a slash at its beginning, and the query; to the letter.</summary>
    private static (string Path, string Query) PathBeyond(HttpContext context, int segments)
    {
        // Not the decoded path: encoded once more it need not be what the client sent
        var raw = context.Features.Get<IHttpRequestFeature>()?.RawTarget;
        if (string.IsNullOrEmpty(raw) || raw[0] != '/')
        {
            raw = context.Request.PathBase.ToUriComponent() + context.Request.Path.ToUriComponent() + context.Request.QueryString.ToUriComponent();
        }

        var question = raw.IndexOf('?', StringComparison.Ordinal);
        var (path, query) = question < 0 ? (raw, "") : (raw[..question], raw[question..]);
        if (!UpstreamPath.IsPlain(path) || query.AsSpan().ContainsAnyExceptInRange('!', '~') || query.Contains('#', StringComparison.Ordinal))
        {
            throw new ProxyRefusedException(Problem.EndpointNotAllowed, "The path has segments such as .. or characters that an upstream might read differently.");
        }

        var start = 0;
        for (; segments >= 0 && start >= 0; segments--)
        {
            start = path.IndexOf('/', start) is var slash && slash < 0 ? -1 : slash + 1;
        }

        return (start < 0 ? "" : path[start..], query);
    }

    private static RequestFacts FactsOf(HttpRequest request, ClientBody body)
    {
        RefuseEncodedBody(request);
        var isJson = request.ContentType?.Contains("json", StringComparison.OrdinalIgnoreCase) == true
            && !request.ContentType.Contains("ndjson", StringComparison.OrdinalIgnoreCase)
            && !request.ContentType.Contains("jsonl", StringComparison.OrdinalIgnoreCase);
        var facts = RequestFacts.Read(body.Head.Span, body.Rest is null, isJson);
        return facts.IsMalformed ? throw ProxyRefusedException.Invalid("body", "is not valid JSON.") : facts;
    }

    // Nobody could tell which model it names
    private static void RefuseEncodedBody(HttpRequest request)
    {
        var encoding = request.Headers.ContentEncoding.ToString();
        if (encoding.Length > 0 && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            throw ProxyRefusedException.Invalid("Content-Encoding", "must be identity: compressed bodies are not accepted.");
        }
    }

    private static HttpMethod MethodOf(string method) =>
        Array.Find(Methods, known => known.Method.Equals(method, StringComparison.OrdinalIgnoreCase))
        ?? throw ProxyRefusedException.Invalid("method", "must be GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS.");

    private async Task<ProxyRefusal?> HandleAsync(HttpContext context, IPAddress? address, Func<KeySecret, Task<Call>> read)
    {
        if (!ClientKey.TryRead(context.Request, out var secret, out var problem))
        {
            return new ProxyRefusal(problem);
        }

        try
        {
            var call = await read(secret).ConfigureAwait(false);
            var charge = ToCharge(context, address, call);
            var result = await _engine.ChargeAsync(charge, context.RequestAborted).ConfigureAwait(false);
            if (result.Quota is { } quota)
            {
                QuotaHeaders.Write(context.Response, quota, _time.GetUtcNow(), result.Charge?.Cost);
            }

            if (result.Replayed)
            {
                context.Response.Headers[Idempotency.ReplayedHeader] = "true";
            }

            return result.Charge is null
                ? ProxyRefusal.Of(result.Refusal!.Value, result.RetryAfter)
                : await ForwardAsync(context, call.Upstream, result).ConfigureAwait(false);
        }
        catch (ProxyRefusedException refused)
        {
            return refused.Refusal;
        }
    }

    private static ChargeRequest ToCharge(HttpContext context, IPAddress? address, Call call)
    {
        var (provider, target) = (call.Upstream.Provider, call.Upstream.Target);
        var path = UpstreamPath.Decode(target.AbsolutePath);
        if (!provider.Allows(path))
        {
            throw new ProxyRefusedException(Problem.EndpointNotAllowed, $"The provider {provider.Name} is not open for this path.");
        }

        if (call.Facts.Models > 1)
        {
            throw ProxyRefusedException.Invalid("model", "stands more than once.");
        }

        if (!Idempotency.TryRead(context.Request, $"{call.Upstream.Method} {target.OriginalString}", call.Head.Span, out var claim))
        {
            throw ProxyRefusedException.Invalid(Idempotency.Header, Idempotency.Rule);
        }

        if (claim is not null && !call.IsWhole)
        {
            throw ProxyRefusedException.Invalid(Idempotency.Header, $"goes only with bodies of up to {ClientBody.MaxHead} bytes.");
        }

        // Where the path names a model, that is the one which the upstream goes by
        var model = UpstreamPath.ModelIn(target.AbsolutePath) ?? call.Facts.Model;
        return new ChargeRequest
        {
            Secret = call.Secret,
            Cost = provider.CostOf(path, model),
            TokenEstimate = call.Facts.EstimateTokens(call.Length),
            Kind = ChargeKind.Forward,
            RequestId = context.TraceIdentifier,
            Provider = provider.Name,
            Model = model is { Length: > RequestFacts.MaxModelLength } ? null : model,
            Address = address,
            Idempotency = claim,
        };
    }

    private async Task<ProxyRefusal?> ForwardAsync(HttpContext context, UpstreamRequest request, ChargeResult result)
    {
        var pending = new PendingCharge(this, result.Charge!, result.Replayed, request.Provider.RefundOn);

        // How it ended when an exception that nobody foresaw ends it
        var unforeseen = new Exchange(UpstreamEnd.Unreachable);
        try
        {
            var countsTokens = result.Charge!.Unit == QuotaUnit.Tokens;
            var sent = await _forwarder.SendAsync(request with { WantsPlainAnswer = countsTokens }, context.RequestAborted).ConfigureAwait(false);
            if (sent.Answer is null)
            {
                await SettleBeforeAnswerAsync(context, pending, new Exchange(sent.End), result).ConfigureAwait(false);
                return sent.Refusal;
            }

            using var answer = sent.Answer;
            var status = (int)answer.StatusCode;
            unforeseen = new Exchange(UpstreamEnd.Truncated, status);
            if (request.Provider.RefundOn.Covers(status))
            {
                // However the rest of it ends: who has the answer also has the refund
                await SettleBeforeAnswerAsync(context, pending, new Exchange(UpstreamEnd.Answered, status), result).ConfigureAwait(false);
            }

            var usage = countsTokens
                ? UsageReader.For(answer.Content.Headers.ContentType?.MediaType, answer.Content.Headers.ContentEncoding.Count > 0)
                : null;
            var end = await _forwarder.PassOnAsync(answer, context, request.Provider.StreamTimeout, usage).ConfigureAwait(false);
            await pending.SettleAsync(new Exchange(end, status, usage?.Total)).ConfigureAwait(false);
            return null;
        }
        finally
        {
            await pending.SettleAsync(unforeseen).ConfigureAwait(false);
        }
    }

    private async Task SettleBeforeAnswerAsync(HttpContext context, PendingCharge pending, Exchange exchange, ChargeResult result)
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

    /// <summary>What the client asks for.</summary>
    /// <param name="Secret">The key.</param>
    /// <param name="Facts">What its body says.</param>
    /// <param name="Head">The body, as far as it is at hand.</param>
    /// <param name="Length">The body's length, or the least that it can be.</param>
    /// <param name="IsWhole">Whether all of the body is at hand.</param>
    /// <param name="Upstream">What to send on.</param>
    private sealed record Call(KeySecret Secret, RequestFacts Facts, ReadOnlyMemory<byte> Head, long Length, bool IsWhole, UpstreamRequest Upstream);

    /// <summary>A charge that was granted, and is settled once.</summary>
    private sealed class PendingCharge(ProxyHandler handler, Charge charge, bool isReplay, RefundPolicy refundOn)
    {
        private readonly long _start = handler._time.GetTimestamp();
        private long? _cost;

        /// <summary>Settles it, unless that was done. Returns its cost.</summary>
        public async Task<long> SettleAsync(Exchange exchange)
        {
            if (_cost is { } settled)
            {
                return settled;
            }

            var (outcome, cost) = SettlementRules.Decide(exchange, charge.Cost, charge.Unit, refundOn);

            // A replay was paid for the first time
            _cost = cost = isReplay ? charge.Cost : cost;
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
                        Latency = handler._time.GetElapsedTime(_start),
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
