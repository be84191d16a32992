using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Quotas;

namespace QuotaFunctions.Core.Proxying;

/// <summary>A key's holder's request to an upstream, read.</summary>
/// <param name="Charge">What it is charged.</param>
/// <param name="Upstream">What is sent on.</param>
internal sealed record ProxyRequest(ChargeRequest Charge, UpstreamRequest Upstream);

/// <summary>Reads the three kinds of request that go to an upstream: who asks for what, and what it is charged. It charges and sends nothing.</summary>
/// <param name="catalog">The providers.</param>
/// <param name="maxBodyBytes">The largest body.</param>
internal sealed class ProxyRequestReader(ProviderCatalog catalog, long maxBodyBytes)
{
    private static readonly HttpMethod[] Methods =
        [HttpMethod.Get, HttpMethod.Head, HttpMethod.Post, HttpMethod.Put, HttpMethod.Patch, HttpMethod.Delete, HttpMethod.Options];

    /// <summary>Reads <c>/v1/{path}</c>: to the provider that serves the model.</summary>
    /// <exception cref="ProxyRefusedException">It is not to be forwarded.</exception>
    public async Task<ProxyRequest> ReadForModelAsync(HttpContext context, KeySecret secret, IPAddress? address)
    {
        var (path, query) = PathBeyond(context, segments: 1);
        var body = await ClientBody.OpenAsync(context.Request, maxBodyBytes, context.RequestAborted).ConfigureAwait(false);
        var facts = FactsOf(context.Request, body);
        if (facts is { Models: > 0, Model: null })
        {
            throw ProxyRefusedException.Invalid("model", $"must be a string of 1 to {RequestFacts.MaxModelLength} characters.");
        }

        var model = UpstreamPath.ModelIn(path) ?? facts.Model;
        var provider = catalog.ForModel(model)
            ?? throw new ProxyRefusedException(Problem.EndpointNotAllowed, "No provider serves this model, and there is no default provider.");
        return ToRequest(context, secret, address, PassThrough(context, provider, provider.AtOpenAI(path, query), body, facts));
    }

    /// <summary>Reads <c>/providers/{provider}/{path}</c>: to a provider by its name.</summary>
    /// <exception cref="ProxyRefusedException">It is not to be forwarded.</exception>
    public async Task<ProxyRequest> ReadForProviderAsync(HttpContext context, string name, KeySecret secret, IPAddress? address)
    {
        var (path, query) = PathBeyond(context, segments: 2);
        var provider = catalog.Find(name) ?? throw new ProxyRefusedException(Problem.NotFound, "There is no provider of this name.");
        var body = await ClientBody.OpenAsync(context.Request, maxBodyBytes, context.RequestAborted).ConfigureAwait(false);
        return ToRequest(context, secret, address, PassThrough(context, provider, provider.At(path, query), body, FactsOf(context.Request, body)));
    }

    /// <summary>Reads <c>/proxy</c>: to the endpoint that the body names.</summary>
    /// <exception cref="ProxyRefusedException">It is not to be forwarded.</exception>
    public async Task<ProxyRequest> ReadForEndpointAsync(HttpContext context, KeySecret secret, IPAddress? address)
    {
        RefuseEncodedBody(context.Request);
        var body = await ClientBody.OpenAsync(context.Request, maxBodyBytes, context.RequestAborted).ConfigureAwait(false);
        var envelope = Envelope.Read(body);
        if (!Uri.TryCreate(envelope.Endpoint, UriKind.Absolute, out var endpoint) || endpoint.Scheme is not ("http" or "https"))
        {
            throw ProxyRefusedException.Invalid("endpoint", "must be an absolute http or https URL.");
        }

        // What is checked is what Uri made of the text, and that is what is called, too
        var isPlain = endpoint.UserInfo.Length == 0 && UpstreamPath.IsPlain(endpoint.AbsolutePath);
        var provider = (isPlain ? catalog.ForEndpoint(endpoint) : null) ?? throw new ProxyRefusedException(Problem.EndpointNotAllowed);

        var method = MethodOf(envelope.Method ?? (envelope.Body is null ? "GET" : "POST"));
        var facts = envelope.Body is { } bytes ? RequestFacts.Read(bytes.Span, envelope.Inspector is null, isDeclaredJson: false) : RequestFacts.None;
        var length = envelope.Inspector is null ? envelope.Body?.Length : null;
        var content = envelope.Body is null ? null : new ForwardedContent(envelope.Body.Value, envelope.Inspector is null ? null : body.Rest, length, envelope.Inspector);
        if (content is not null && !envelope.Headers.ContainsKey(HeaderNames.ContentType))
        {
            envelope.Headers[HeaderNames.ContentType] = envelope.IsText ? "text/plain; charset=utf-8" : "application/json";
        }

        return ToRequest(context, secret, address, new Call(facts, envelope.Body ?? default, length ?? body.Length ?? 0, envelope.Inspector is null, new UpstreamRequest
        {
            Provider = provider,
            Target = endpoint,
            Method = method,
            Headers = envelope.Headers,
            Content = content,
            RequestId = context.TraceIdentifier,
        }));
    }

    private static Call PassThrough(HttpContext context, Provider provider, Uri target, ClientBody body, RequestFacts facts)
    {
        var inspector = body.Rest is not null && facts.IsObject ? new SingleModelInspector(body.Head.Span) : null;
        var hasBody = body.Head.Length > 0 || context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true;
        return new Call(facts, body.Head, body.Length ?? body.Head.Length, body.Rest is null, new UpstreamRequest
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

    private static ProxyRequest ToRequest(HttpContext context, KeySecret secret, IPAddress? address, Call call)
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
        var charge = new ChargeRequest
        {
            Secret = secret,
            Cost = provider.CostOf(path, model),
            TokenEstimate = call.Facts.EstimateTokens(call.Length),
            Kind = ChargeKind.Forward,
            RequestId = context.TraceIdentifier,
            Provider = provider.Name,
            Model = model is { Length: > RequestFacts.MaxModelLength } ? null : model,
            Address = address,
            Idempotency = claim,
        };
        return new ProxyRequest(charge, call.Upstream);
    }

    /// <summary>What the client asks for.</summary>
    /// <param name="Facts">What its body says.</param>
    /// <param name="Head">The body, as far as it is at hand.</param>
    /// <param name="Length">The body's length, or the least that it can be.</param>
    /// <param name="IsWhole">Whether all of the body is at hand.</param>
    /// <param name="Upstream">What to send on.</param>
    private sealed record Call(RequestFacts Facts, ReadOnlyMemory<byte> Head, long Length, bool IsWhole, UpstreamRequest Upstream);
}
