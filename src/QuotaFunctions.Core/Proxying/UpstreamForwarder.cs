using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Proxying;

/// <summary>A request to an upstream.</summary>
internal sealed record UpstreamRequest
{
    public required Provider Provider { get; init; }

    public required Uri Target { get; init; }

    public required HttpMethod Method { get; init; }

    /// <summary>The client's headers, all of them.</summary>
    public required IEnumerable<KeyValuePair<string, StringValues>> Headers { get; init; }

    /// <summary>What to send; null for no body.</summary>
    public HttpContent? Content { get; init; }

    /// <summary>The request's id here, sent along.</summary>
    public required string RequestId { get; init; }

    /// <summary>Asks for an answer that is not compressed, so that the usage in it can be read.</summary>
    public bool WantsPlainAnswer { get; init; }
}

/// <summary>What came of sending a request: an answer, or why there is none.</summary>
/// <param name="Answer">The answer, of which the headers have arrived.</param>
/// <param name="End">How far the request got.</param>
/// <param name="Refusal">What to tell the client where there is no answer; null where the client has left.</param>
internal sealed record Sent(HttpResponseMessage? Answer, UpstreamEnd End, ProxyRefusal? Refusal = null);

/// <summary>Sends requests to upstreams, and their answers back: piece by piece, in both directions.</summary>
internal sealed partial class UpstreamForwarder(IHttpClientFactory clients, TimeProvider time, ILogger<UpstreamForwarder> logger)
{
    private const int BufferSize = 32 * 1024;

    /// <summary>Sends a request and waits for the headers of its answer.</summary>
    /// <param name="request">The request.</param>
    /// <param name="clientLeft">Ends when the client has left.</param>
    public async Task<Sent> SendAsync(UpstreamRequest request, CancellationToken clientLeft)
    {
        using var message = ToMessage(request);
        try
        {
            var client = clients.CreateClient(request.Provider.ClientName);
            var answer = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, clientLeft).ConfigureAwait(false);
            if (answer.StatusCode != HttpStatusCode.SwitchingProtocols)
            {
                return new Sent(answer, UpstreamEnd.Answered);
            }

            // Nobody asked it to: Upgrade is not forwarded
            answer.Dispose();
            return new Sent(null, UpstreamEnd.Unreachable, new ProxyRefusal(Problem.UpstreamUnreachable));
        }
        catch (Exception) when (clientLeft.IsCancellationRequested)
        {
            return new Sent(null, UpstreamEnd.ClientClosed);
        }
        catch (Exception exception) when (ExceptionChain.Find<ClientBodyException>(exception) is { } client)
        {
            return new Sent(null, client.Refusal is null ? UpstreamEnd.ClientClosed : UpstreamEnd.NotSent, client.Refusal);
        }
        catch (Exception exception) when (ExceptionChain.Find<EndpointNotAllowedException>(exception) is { } notAllowed)
        {
            EndpointRefused(request.Provider.Name, notAllowed.Message);
            return new Sent(null, UpstreamEnd.NotSent, new ProxyRefusal(Problem.EndpointNotAllowed, notAllowed.Message));
        }
        catch (BrokenCircuitException exception)
        {
            return new Sent(null, UpstreamEnd.CircuitOpen, new ProxyRefusal(Problem.UpstreamCircuitOpen, RetryAfter: exception.RetryAfter ?? UpstreamClients.BreakDuration));
        }
        catch (TimeoutRejectedException)
        {
            TimedOut(request.Provider.Name, request.Provider.Timeout.TotalSeconds);
            return new Sent(null, UpstreamEnd.TimedOut, new ProxyRefusal(Problem.UpstreamTimeout));
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or ExecutionRejectedException or OperationCanceledException)
        {
            Unreachable(request.Provider.Name, exception.GetBaseException().Message);
            return new Sent(null, UpstreamEnd.Unreachable, new ProxyRefusal(Problem.UpstreamUnreachable));
        }
    }

    /// <summary>Passes an answer on to the client. Returns how it ended; after a break the client's connection is cut, so that it sees it.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="context">The client's request.</param>
    /// <param name="deadline">From now to the answer's end.</param>
    /// <param name="usage">Reads along; null where nobody has to.</param>
    public async Task<UpstreamEnd> PassOnAsync(HttpResponseMessage answer, HttpContext context, TimeSpan deadline, UsageReader? usage)
    {
        var clientLeft = context.RequestAborted;
        var response = context.Response;
        response.StatusCode = (int)answer.StatusCode;
        ForwardedHeaders.CopyToClient(answer, response);
        using var tooLate = new CancellationTokenSource(deadline, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(clientLeft, tooLate.Token);
        try
        {
            if (HasBody(context, answer))
            {
                context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();

                // The headers go out before the first piece of the body comes in
                await response.Body.FlushAsync(stop.Token).ConfigureAwait(false);
                await CopyAsync(answer, response, usage, stop.Token).ConfigureAwait(false);
                PassOnTrailers(answer, response);
            }

            return clientLeft.IsCancellationRequested ? UpstreamEnd.ClientClosed : UpstreamEnd.Answered;
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException or OperationCanceledException)
        {
            if (clientLeft.IsCancellationRequested)
            {
                return UpstreamEnd.ClientClosed;
            }

            Truncated(tooLate.IsCancellationRequested ? $"not whole within {deadline.TotalSeconds} s" : exception.GetBaseException().Message);
            context.Abort();
            return UpstreamEnd.Truncated;
        }
    }

    private static HttpRequestMessage ToMessage(UpstreamRequest request)
    {
        var message = new HttpRequestMessage(request.Method, request.Target) { Content = request.Content };
        ForwardedHeaders.CopyToUpstream(request.Headers, message, request.Provider);
        message.Headers.TryAddWithoutValidation("X-Request-Id", request.RequestId);
        if (request.WantsPlainAnswer)
        {
            message.Headers.AcceptEncoding.Clear();
            message.Headers.AcceptEncoding.ParseAdd("identity");
        }

        return message;
    }

    private static bool HasBody(HttpContext context, HttpResponseMessage answer) =>
        !HttpMethods.IsHead(context.Request.Method)
        && answer.StatusCode is not (HttpStatusCode.NoContent or HttpStatusCode.ResetContent or HttpStatusCode.NotModified);

    private static async Task CopyAsync(HttpResponseMessage answer, HttpResponse response, UsageReader? usage, CancellationToken cancellationToken)
    {
        var source = await answer.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var buffer = new byte[BufferSize];
        int length;
        while ((length = await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            usage?.Read(buffer.AsSpan(0, length));
            await response.Body.WriteAsync(buffer.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
            await response.Body.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    // HTTP/1.1 clients get none: there the server cannot send them
    private static void PassOnTrailers(HttpResponseMessage answer, HttpResponse response)
    {
        if (!response.SupportsTrailers())
        {
            return;
        }

        foreach (var (name, values) in answer.TrailingHeaders.NonValidated)
        {
            response.AppendTrailer(name, values.ToArray());
        }
    }

    [LoggerMessage(1200, LogLevel.Warning, "The provider {Provider} could not be reached: {Reason}")]
    private partial void Unreachable(string provider, string reason);

    [LoggerMessage(1201, LogLevel.Warning, "The provider {Provider} sent no headers within {Seconds} s.")]
    private partial void TimedOut(string provider, double seconds);

    [LoggerMessage(1202, LogLevel.Warning, "The answer of an upstream broke off: {Reason}")]
    private partial void Truncated(string reason);

    [LoggerMessage(1203, LogLevel.Warning, "The provider {Provider} was not called: {Reason}")]
    private partial void EndpointRefused(string provider, string reason);
}
