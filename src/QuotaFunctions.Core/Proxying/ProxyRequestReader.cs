using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Http;

namespace QuotaFunctions.Core.Proxying;

/// <summary>A key's holder's request to an upstream, read.</summary>
/// <param name="Charge">What it is charged.</param>
/// <param name="Upstream">What is sent on.</param>
/// <param name="Uncertainty">What a key with a list of models is told where the request may name a model that cannot be told; null where it is certain.</param>
/// <param name="Body">The client's body, which may lie on disk until this is disposed.</param>
internal sealed record ProxyRequest(ChargeRequest Charge, UpstreamRequest Upstream, Refusal? Uncertainty, ClientBody Body) : IAsyncDisposable
{
    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Body.DisposeAsync();
}

/// <summary>Reads the three kinds of request that go to an upstream: who asks for what, and what it is charged. It charges and sends nothing.</summary>
/// <param name="catalog">The providers.</param>
/// <param name="options">The largest body, and whether answers are cut to what is left.</param>
/// <param name="time">Says which day it is, for the prices.</param>
internal sealed class ProxyRequestReader(ProviderCatalog catalog, ServiceOptions options, TimeProvider time)
{
    private static readonly string ModelRule = $"must be named once, as a string of 1 to {RequestMetadata.MaxModelLength} characters without blanks around it.";

    /// <summary>Reads <c>/v1/{path}</c>: to the provider that serves the model.</summary>
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

            var provider = catalog.ForModel(ModelOf(path, query, found.Facts).Model)
                ?? throw new RefusedException(Problem.EndpointNotAllowed, "No provider serves this model, and there is no default provider.");
            return ToRequest(context, secret, address, PassThrough(context, provider, provider.AtOpenAI(path, query), body, found));
        });
    }

    /// <summary>Reads <c>/providers/{provider}/{path}</c>: to a provider by its name.</summary>
    /// <exception cref="RefusedException">It is not to be forwarded.</exception>
    public Task<ProxyRequest> ReadForProviderAsync(HttpContext context, string name, KeySecret secret, IPAddress? address)
    {
        var (path, query) = PathBeyond(context, segments: 2);
        var provider = catalog.Find(name) ?? throw new RefusedException(Problem.NotFound, "There is no provider of this name.");
        return WithBodyAsync(context, async body => ToRequest(
            context, secret, address, PassThrough(context, provider, provider.At(path, query), body, await ReadFactsAsync(context, body).ConfigureAwait(false))));
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

        var upstream = new UpstreamRequest
        {
            Provider = provider,
            Target = endpoint,
            Method = method,
            Headers = envelope.Headers,
            Content = content,
            RequestId = context.TraceIdentifier,
        };
        return ToRequest(context, secret, address, new Call(found.Facts, body, envelope.Body ?? default, length ?? body.Length ?? 0, envelope.IsCut, upstream));
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

    private static Call PassThrough(HttpContext context, Provider provider, Uri target, ClientBody body, BodyMetadata found)
    {
        var request = context.Request;
        var hasBody = body.Head.Length > 0 || context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true;
        var upstream = new UpstreamRequest
        {
            Provider = provider,
            Target = target,
            Method = MethodOf(request.Method),

            // The body goes on decoded
            Headers = request.Headers.ContentEncoding.Count == 0
                ? request.Headers
                : request.Headers.Where(static header => !header.Key.Equals(HeaderNames.ContentEncoding, StringComparison.OrdinalIgnoreCase)),
            Content = hasBody ? new ForwardedContent(body.Head, body.Rest, body.Length, found.Inspector) : null,
            RequestId = context.TraceIdentifier,
        };
        return new Call(found.Facts, body, body.Head, body.Length ?? body.Head.Length, body.Rest is not null, upstream);
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

    /// <summary>The model that a request names, in its path, its body or its query; null where it names none, or it is not certain which.</summary>
    private static (string? Model, bool IsUncertain) ModelOf(string path, string query, RequestMetadata facts)
    {
        // Where the path names a model, that is the one which the upstream goes by
        if (UpstreamPath.ModelIn(path) is { } inPath)
        {
            return (RequestMetadata.NameOf(inPath), RequestMetadata.NameOf(inPath) is null);
        }

        var inQuery = QueryHelpers.ParseQuery(query).Where(static parameter => parameter.Key.Equals("model", StringComparison.OrdinalIgnoreCase));
        foreach (var name in inQuery.SelectMany(static parameter => parameter.Value))
        {
            if (facts.Model is null || !facts.Model.Equals(RequestMetadata.NameOf(name), StringComparison.OrdinalIgnoreCase))
            {
                facts = facts.WithModel(name);
            }
        }

        return facts.IsUncertain ? (null, true) : (facts.Model, false);
    }

    private ProxyRequest ToRequest(HttpContext context, KeySecret secret, IPAddress? address, Call call)
    {
        var (provider, target, method) = (call.Upstream.Provider, call.Upstream.Target, call.Upstream.Method);
        var path = UpstreamPath.Decode(target.AbsolutePath);
        if (!provider.Allows(path))
        {
            throw new RefusedException(Problem.EndpointNotAllowed, $"The provider {provider.Name} is not open for this path.");
        }

        if (!provider.Allows(method))
        {
            throw new RefusedException(Problem.EndpointNotAllowed, $"The provider {provider.Name} is not open for {method}.");
        }

        if (call.Facts.Models > 1)
        {
            throw RefusedException.Invalid("model", "stands more than once.");
        }

        if (!Idempotency.TryRead(context.Request, $"{method} {target.OriginalString}", call.Head.Span, out var claim))
        {
            throw RefusedException.Invalid(Idempotency.Header, Idempotency.Rule);
        }

        if (claim is not null && call.GoesOn)
        {
            throw RefusedException.Invalid(Idempotency.Header, $"goes only with bodies of up to {ClientBody.MaxHead} bytes.");
        }

        var (model, isUncertain) = ModelOf(target.AbsolutePath, target.Query, call.Facts);
        var uncertainty = !isUncertain ? null : call.Facts.IsMalformed
            ? Refusal.Invalid("body", "cannot be read, so nobody can tell which model it names.")
            : Refusal.Invalid("model", ModelRule);
        if (provider.PricesModels && uncertainty is not null)
        {
            throw new RefusedException(uncertainty);
        }

        var hasBody = !call.Head.IsEmpty;
        var estimate = FreeRequests.UsesNoTokens(method, path, hasBody) ? CallEstimate.Free : CallEstimate.Of(
            call.Facts,
            call.Length,
            path,
            provider.PriceOf(model, DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime)),
            AnswerLimit.For(path, provider),
            canBeCut: options.ProxyClampsMaxTokens && !call.GoesOn);
        var charge = new ChargeRequest
        {
            Secret = secret,
            Cost = provider.CostOf(path, model, method),
            TokenEstimate = estimate.In(QuotaUnit.Tokens),
            DollarEstimate = estimate.In(QuotaUnit.Usd),
            Kind = ChargeKind.Forward,
            RequestId = context.TraceIdentifier,
            Provider = provider.Name,
            Model = model,
            NeedsModel = isUncertain || hasBody || !IsReading(method),
            Address = address,
            Method = method.Method,
            Path = target.AbsolutePath,
            Idempotency = claim,
        };
        return new ProxyRequest(charge, call.Upstream with { Estimate = estimate }, uncertainty, call.Body);
    }

    // Lists models, reads a stored answer, or deletes it: no model works for it
    private static bool IsReading(HttpMethod method) =>
        method == HttpMethod.Get || method == HttpMethod.Head || method == HttpMethod.Options || method == HttpMethod.Delete;

    /// <summary>What the client asks for.</summary>
    /// <param name="Facts">What its body says.</param>
    /// <param name="Body">All that it sent.</param>
    /// <param name="Head">The body that is sent on, as far as it is at hand.</param>
    /// <param name="Length">The body's length, or the least that it can be.</param>
    /// <param name="GoesOn">Whether the body is longer than what is at hand.</param>
    /// <param name="Upstream">What to send on.</param>
    private sealed record Call(RequestMetadata Facts, ClientBody Body, ReadOnlyMemory<byte> Head, long Length, bool GoesOn, UpstreamRequest Upstream);
}
