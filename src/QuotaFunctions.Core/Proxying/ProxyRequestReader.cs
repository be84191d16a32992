using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Http;

namespace QuotaFunctions.Core.Proxying;

/// <summary>A key's holder's request to an upstream, read.</summary>
/// <param name="Charge">What it is charged.</param>
/// <param name="Upstreams">What is sent on, to each place that it may go to, in turn.</param>
/// <param name="Timeout">How long the headers of the answer are waited for, all places together.</param>
/// <param name="Uncertainty">What a key with a list of models is told where the request may name a model that cannot be told; null where it is certain.</param>
/// <param name="Body">The client's body, which may lie on disk until this is disposed.</param>
internal sealed record ProxyRequest(
    ChargeRequest Charge, IReadOnlyList<UpstreamRequest> Upstreams, TimeSpan Timeout, Refusal? Uncertainty, ClientBody Body) : IAsyncDisposable
{
    /// <summary>What is sent on to those of the places that the key may use.</summary>
    /// <param name="granted">What it was charged for.</param>
    public IReadOnlyList<UpstreamRequest> OpenTo(ChargeRequest granted) => granted.Targets.Count == Upstreams.Count
        ? Upstreams
        : [.. Upstreams.Where(upstream => granted.Targets.Contains(upstream.Charged))];

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Body.DisposeAsync();
}

/// <summary>Reads the three kinds of request that go to an upstream: who asks for what, and what it is charged. It charges and sends nothing.</summary>
/// <param name="catalog">The providers.</param>
/// <param name="routes">Where models lead.</param>
/// <param name="options">The largest body, and whether answers are cut to what is left.</param>
/// <param name="time">Says which day it is, for the prices.</param>
internal sealed class ProxyRequestReader(ProviderCatalog catalog, RouteCatalog routes, ServiceOptions options, TimeProvider time)
{
    private static readonly string ModelRule = $"must be named once, as a string of 1 to {RequestMetadata.MaxModelLength} characters without blanks around it.";

    /// <summary>Reads <c>/v1/{path}</c>: to where the model's route leads, else to the provider that serves it.</summary>
    /// <exception cref="RefusedException">It is not to be forwarded.</exception>
    public Task<ProxyRequest> ReadForModelAsync(HttpContext context, KeySecret secret, IPAddress? address)
    {
        var (path, query) = PathBeyond(context, segments: 1);
        return WithBodyAsync(context, async body =>
        {
            var found = await ReadFactsAsync(context, body).ConfigureAwait(false);
            if (found.Facts is { Models: 1, Model: null })
            {
                throw RefusedException.Invalid("model", ModelRule);
            }

            var model = NamedModel.Of(path, query, found.Facts).Model;
            if (routes.Find(model) is { } route)
            {
                var targets = routes.TargetsOf(route, model!, path, query, body, found.Facts.IsObject);
                return ToRequest(context, secret, address, PassThrough(context, targets, body, found) with
                {
                    Alias = model,
                    Asked = $"/v1/{path}{query}",
                    Timeout = routes.TimeoutOf(route),
                });
            }

            var provider = catalog.ForModel(model)
                ?? throw new RefusedException(Problem.EndpointNotAllowed, "No provider serves this model, and there is no default provider.");
            return ToRequest(context, secret, address, PassThrough(context, [new(provider, provider.AtOpenAI(path, query))], body, found));
        });
    }

    /// <summary>Reads <c>/providers/{provider}/{path}</c>: to a provider by its name.</summary>
    /// <exception cref="RefusedException">It is not to be forwarded.</exception>
    public Task<ProxyRequest> ReadForProviderAsync(HttpContext context, string name, KeySecret secret, IPAddress? address)
    {
        var (path, query) = PathBeyond(context, segments: 2);
        var provider = catalog.Find(name) ?? throw new RefusedException(Problem.NotFound, "There is no provider of this name.");
        return WithBodyAsync(context, async body => ToRequest(
            context, secret, address, PassThrough(context, [new(provider, provider.At(path, query))], body, await ReadFactsAsync(context, body).ConfigureAwait(false))));
    }

    /// <summary>Reads <c>/proxy</c>: to the endpoint that the body names.</summary>
    /// <exception cref="RefusedException">It is not to be forwarded.</exception>
    public Task<ProxyRequest> ReadForEndpointAsync(HttpContext context, KeySecret secret, IPAddress? address) => WithBodyAsync(context, async body =>
    {
        var envelope = Envelope.Read(body);
        if (KeyInUrl.IsIn(envelope.Endpoint))
        {
            throw new RefusedException(Problem.KeyInUrl);
        }

        if (!Uri.TryCreate(envelope.Endpoint, UriKind.Absolute, out var endpoint) || endpoint.Scheme is not ("http" or "https"))
        {
            throw RefusedException.Invalid("endpoint", "must be an absolute http or https URL.");
        }

        // What is checked is what Uri made of the text, and that is what is called, too
        var isPlain = endpoint.UserInfo.Length == 0 && UpstreamPath.IsUnambiguous(endpoint.AbsolutePath);
        var provider = (isPlain ? catalog.ForEndpoint(endpoint) : null) ?? throw new RefusedException(Problem.EndpointNotAllowed);

        var method = MethodOf(envelope.Method ?? (envelope.Body is null ? "GET" : "POST"));
        var found = await BodyMetadata.ReadAsync(body, envelope, context.RequestAborted).ConfigureAwait(false);
        var length = envelope.IsCut ? null : envelope.Body?.Length;
        var content = envelope.Body is null ? null : new ForwardedContent(envelope.Body.Value, envelope.IsCut ? body.Rest : null, length, found.Inspector);
        if (content is not null && !envelope.Headers.ContainsKey(HeaderNames.ContentType))
        {
            envelope.Headers[HeaderNames.ContentType] = envelope.IsText ? "text/plain; charset=utf-8" : "application/json";
        }

        return ToRequest(context, secret, address, new Call([new(provider, endpoint)], method, envelope.Headers, content, found.Facts, body)
        {
            Length = length ?? body.Length ?? 0,
        });
    });

    private async Task<ProxyRequest> WithBodyAsync(HttpContext context, Func<ClientBody, Task<ProxyRequest>> read)
    {
        if (IsWebSocket(context.Request))
        {
            throw new RefusedException(Problem.NotSupported);
        }

        var body = await ClientBody.OpenAsync(context.Request, options.ProxyMaxBodyBytes, context.RequestAborted).ConfigureAwait(false);
        try
        {
            return await read(body).ConfigureAwait(false);
        }
        catch
        {
            await body.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static bool IsWebSocket(HttpRequest request) =>
        request.Headers.Upgrade.ToString().Contains("websocket", StringComparison.OrdinalIgnoreCase)
        || request.Headers.ContainsKey(HeaderNames.SecWebSocketKey)
        || request.HttpContext.Features.Get<IHttpExtendedConnectFeature>()?.IsExtendedConnect == true;

    private static Call PassThrough(HttpContext context, IReadOnlyList<UpstreamTarget> targets, ClientBody body, BodyMetadata found)
    {
        var request = context.Request;
        var hasBody = body.Head.Length > 0 || context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true;

        // The body goes on decoded
        var headers = request.Headers.ContentEncoding.Count == 0
            ? request.Headers
            : request.Headers.Where(static header => !header.Key.Equals(HeaderNames.ContentEncoding, StringComparison.OrdinalIgnoreCase));
        var content = hasBody ? new ForwardedContent(body.Head, body.Rest, body.Length, found.Inspector) : null;
        return new Call(targets, MethodOf(request.Method), headers, content, found.Facts, body) { Length = body.Length ?? body.Head.Length };
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
        if (!UpstreamPath.IsUnambiguous(path) || query.AsSpan().ContainsAnyExceptInRange('!', '~') || query.Contains('#', StringComparison.Ordinal))
        {
            throw new RefusedException(Problem.EndpointNotAllowed, "The path has segments such as .. or characters that an upstream might read differently.");
        }

        var start = 0;
        for (; segments >= 0 && start >= 0; segments--)
        {
            start = path.IndexOf('/', start) is var slash && slash < 0 ? -1 : slash + 1;
        }

        return (start < 0 ? "" : path[start..], query);
    }

    private static Task<BodyMetadata> ReadFactsAsync(HttpContext context, ClientBody body) => context.Request.Headers.ContentType.Count <= 1
        ? BodyMetadata.ReadAsync(body, context.Request.ContentType, context.RequestAborted)
        : throw RefusedException.Invalid(HeaderNames.ContentType, "must stand once.");

    private static HttpMethod MethodOf(string method) =>
        Provider.FindMethod(method) ?? throw RefusedException.Invalid("method", "must be GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS.");

    private ProxyRequest ToRequest(HttpContext context, KeySecret secret, IPAddress? address, Call call)
    {
        var (method, facts) = (call.Method, call.Facts);
        var open = call.Targets.Where(target => target.Provider.Allows(target.Path) && target.Provider.Allows(method)).ToArray();
        if (open is not [var first, ..])
        {
            var (provider, path) = (call.Targets[0].Provider, call.Targets[0].Path);
            throw new RefusedException(Problem.EndpointNotAllowed, $"The provider {provider.Name} is not open for {(provider.Allows(path) ? method : "this path")}.");
        }

        if (facts.Models > 1)
        {
            throw RefusedException.Invalid("model", "stands more than once.");
        }

        var head = call.Content?.Head ?? default;
        if (!Idempotency.TryRead(context.Request, $"{method} {call.Asked ?? first.Address.OriginalString}", head.Span, out var claim))
        {
            throw RefusedException.Invalid(Idempotency.Header, Idempotency.Rule);
        }

        if (claim is not null && call.Content is { IsRepeatable: false })
        {
            throw RefusedException.Invalid(Idempotency.Header, $"goes only with bodies of up to {ClientBody.MaxHead} bytes.");
        }

        var (model, isUncertain) = NamedModel.Of(first.Address.AbsolutePath, first.Address.Query, facts);
        var uncertainty = !isUncertain ? null : facts.IsMalformed
            ? Refusal.Invalid("body", "cannot be read, so nobody can tell which model it names.")
            : Refusal.Invalid("model", ModelRule);
        if (uncertainty is not null && first.Provider.PricesModels)
        {
            throw new RefusedException(uncertainty);
        }

        var hasBody = !head.IsEmpty;
        var day = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        var canBeCut = options.ProxyClampsMaxTokens && call.Content is not { IsRepeatable: false };
        var estimates = Array.ConvertAll(open, target => FreeRequests.UsesNoTokens(method, target.Path, hasBody)
            ? CallEstimate.Free
            : target.EstimateOf(facts, call.Length, target.Model ?? model, day, canBeCut));
        var charge = new ChargeRequest
        {
            Secret = secret,
            Kind = ChargeKind.Forward,
            RequestId = context.TraceIdentifier,
            TraceId = RequestTrace.IdOf(context.Request),
            Alias = call.Alias,
            NeedsModel = isUncertain || hasBody || !IsReading(method),
            Address = address,
            Method = method.Method,
            Idempotency = claim,
        }.GoingTo([.. open.Zip(estimates, (target, estimate) => target.ChargedFor(target.Model ?? model, method, estimate))]);
        var progress = new ForwardProgress();
        var upstreams = open.Select((target, index) => new UpstreamRequest
        {
            Provider = target.Provider,
            Target = target.Address,
            Charged = charge.Targets[index],
            Estimate = estimates[index],
            Method = method,
            Headers = call.Headers,
            Content = call.Content,
            Edit = target.Edit,
            RequestId = context.TraceIdentifier,
            Progress = progress,
        });
        return new ProxyRequest(charge, [.. upstreams], call.Timeout ?? first.Provider.Timeout, uncertainty, call.Body);
    }

    // Lists models, reads a stored answer, or deletes it: no model works for it
    private static bool IsReading(HttpMethod method) =>
        method == HttpMethod.Get || method == HttpMethod.Head || method == HttpMethod.Options || method == HttpMethod.Delete;

    /// <summary>What the client asks for.</summary>
    /// <param name="Targets">Where it may go, in turn.</param>
    /// <param name="Method">How it is sent on.</param>
    /// <param name="Headers">With which headers.</param>
    /// <param name="Content">With which body; null for none.</param>
    /// <param name="Facts">What the body says.</param>
    /// <param name="Body">All that the client sent.</param>
    private sealed record Call(
        IReadOnlyList<UpstreamTarget> Targets,
        HttpMethod Method,
        IEnumerable<KeyValuePair<string, StringValues>> Headers,
        ForwardedContent? Content,
        RequestMetadata Facts,
        ClientBody Body)
    {
        /// <summary>The body's length, or the least that it can be.</summary>
        public long Length { get; init; }

        /// <summary>The model that a route stands for; null where there is none.</summary>
        public string? Alias { get; init; }

        /// <summary>What the client asked for, by which an Idempotency-Key knows it again; null where that is the target's address.</summary>
        public string? Asked { get; init; }

        /// <summary>How long all targets together may take; null for the provider's own time.</summary>
        public TimeSpan? Timeout { get; init; }
    }
}
