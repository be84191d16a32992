using System.Buffers;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Polly.CircuitBreaker;
using QuotaFunctions.Core.Http;

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

    /// <summary>The trace that the call is part of, sent along; null for none.</summary>
    public string? TraceParent { get; init; }

    /// <summary>Asks for an answer that is not compressed, so that the usage in it can be read.</summary>
    public bool WantsPlainAnswer { get; init; }

    /// <summary>What is measured of it.</summary>
    public ForwardProgress Progress { get; init; } = new();
}

/// <summary>What came of sending a request: an answer, or why there is none.</summary>
/// <param name="Answer">The answer, of which the headers have arrived.</param>
/// <param name="End">How far the request got.</param>
/// <param name="Refusal">What to tell the client where there is no answer; null where the client has left.</param>
internal sealed record UpstreamResponse(HttpResponseMessage? Answer, ForwardOutcome End, Refusal? Refusal = null);

/// <summary>Sends requests to upstreams, and their answers back: piece by piece, in both directions.</summary>
internal sealed partial class UpstreamForwarder(
    UpstreamClients clients, CredentialNotes credentials, IOptions<KestrelServerOptions> server, TimeProvider time, ILogger<UpstreamForwarder> logger)
{
    private const int BufferSize = 32 * 1024;

    // How much later than the end of the invocation it may be known that the client has left
    private static readonly TimeSpan LeavingTime = TimeSpan.FromMilliseconds(250);

    // A host that does not say how, refuses to write a header that is not ASCII
    private readonly bool _writesAnyHeader = server.Value.ResponseHeaderEncodingSelector("Content-Disposition") is not null;

    /// <summary>Sends a request and waits for the headers of its answer. Whatever goes wrong is the upstream's fault, unless it is known to be another's.</summary>
    /// <param name="request">The request.</param>
    /// <param name="clientLeft">Ends when the client has left.</param>
    /// <param name="ended">Ends when the host ends the invocation.</param>
    public async Task<UpstreamResponse> SendAsync(UpstreamRequest request, CancellationToken clientLeft, CancellationToken ended)
    {
        using var message = ToMessage(request);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(clientLeft, ended);
        try
        {
            var answer = await clients.Of(request.Provider).SendAsync(message, stop.Token).ConfigureAwait(false);
            _ = credentials.NoteAsync(request.Provider, (int)answer.StatusCode);
            return new UpstreamResponse(answer, ForwardOutcome.Answered);
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            return await HasLeftAsync(clientLeft).ConfigureAwait(false)
                ? new UpstreamResponse(null, ForwardOutcome.ClientClosed)
                : new UpstreamResponse(null, ForwardOutcome.TimedOut, new Refusal(Problem.UpstreamTimeout));
        }
        catch (Exception exception) when (ExceptionChain.Find<ClientBodyException>(exception) is { } client)
        {
            return new UpstreamResponse(null, client.Refusal is null ? ForwardOutcome.ClientClosed : ForwardOutcome.NotSent, client.Refusal);
        }
        catch (Exception exception) when (ExceptionChain.Find<EndpointNotAllowedException>(exception) is { } notAllowed)
        {
            EndpointRefused(request.Provider.Name, notAllowed.Message);
            return new UpstreamResponse(null, ForwardOutcome.NotSent, new Refusal(Problem.EndpointNotAllowed, notAllowed.Message));
        }
        catch (BrokenCircuitException exception)
        {
            return new UpstreamResponse(null, ForwardOutcome.CircuitOpen, new Refusal(Problem.UpstreamCircuitOpen, RetryAfter: exception.RetryAfter ?? UpstreamClient.BreakDuration));
        }
        catch (TimeoutException)
        {
            TimedOut(request.Provider.Name, request.Provider.Timeout.TotalSeconds);
            return new UpstreamResponse(null, ForwardOutcome.TimedOut, new Refusal(Problem.UpstreamTimeout));
        }
        catch (Exception exception)
        {
            Unreachable(request.Provider.Name, exception.GetBaseException().Message);
            return new UpstreamResponse(null, ForwardOutcome.Unreachable, new Refusal(Problem.UpstreamUnreachable));
        }
    }

    /// <summary>
    /// Passes an answer on to the client, to its very end. Returns how it ended; after a break the client's connection is cut, so that it sees it.
    /// </summary>
    /// <param name="answer">The answer.</param>
    /// <param name="context">The client's request.</param>
    /// <param name="deadline">From now to the answer's end.</param>
    /// <param name="usage">Reads along; null where it cannot.</param>
    /// <param name="progress">What is measured of it.</param>
    /// <param name="ended">Ends when the host ends the invocation.</param>
    public async Task<ForwardOutcome> PassOnAsync(
        HttpResponseMessage answer, HttpContext context, TimeSpan deadline, TokenUsageReader? usage, ForwardProgress progress, CancellationToken ended)
    {
        var clientLeft = context.RequestAborted;
        var response = context.Response;
        response.StatusCode = (int)answer.StatusCode;
        ForwardedHeaders.CopyToClient(answer, response, _writesAnyHeader);
        using var tooLate = new CancellationTokenSource(deadline, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(clientLeft, tooLate.Token, ended);
        try
        {
            if (HasBody(context, answer))
            {
                context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
                await CopyAsync(answer, response, usage, progress, stop.Token).ConfigureAwait(false);
                ForwardedHeaders.CopyTrailersToClient(answer, response);
            }

            // Before its end: who has all of the answer may leave
            var end = clientLeft.IsCancellationRequested ? ForwardOutcome.ClientClosed : ForwardOutcome.Answered;
            await response.CompleteAsync().ConfigureAwait(false);
            return end;
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            if (ended.IsCancellationRequested ? await HasLeftAsync(clientLeft).ConfigureAwait(false) : clientLeft.IsCancellationRequested)
            {
                return ForwardOutcome.ClientClosed;
            }

            Truncated(
                ended.IsCancellationRequested ? "the host ended the invocation"
                : tooLate.IsCancellationRequested ? $"not whole within {deadline.TotalSeconds} s"
                : exception.GetBaseException().Message);
            context.Abort();
            return ForwardOutcome.Truncated;
        }
    }

    private static HttpRequestMessage ToMessage(UpstreamRequest request)
    {
        var message = new HttpRequestMessage(request.Method, request.Target) { Content = request.Content };
        ForwardedHeaders.CopyToUpstream(request.Headers, message, request.Provider);
        message.Options.Set(ForwardProgress.Key, request.Progress);
        message.Headers.TryAddWithoutValidation("X-Request-Id", request.RequestId);
        if (request.TraceParent is { } trace)
        {
            message.Headers.TryAddWithoutValidation("traceparent", trace);
        }

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

    private async Task CopyAsync(
        HttpResponseMessage answer, HttpResponse response, TokenUsageReader? usage, ForwardProgress progress, CancellationToken cancellationToken)
    {
        var source = await answer.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        var reading = ReadAsync(source, buffer, cancellationToken);
        if (!reading.IsCompleted)
        {
            // The headers do not wait for the body; with what is there at once they go together
            await response.Body.FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        int length;
        while ((length = await reading.ConfigureAwait(false)) > 0)
        {
            progress.FirstByteAt ??= time.GetTimestamp();
            usage?.Read(buffer.AsSpan(0, length));
            await response.Body.WriteAsync(buffer.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
            progress.BytesOut += length;
            reading = ReadAsync(source, buffer, cancellationToken);
        }

        // Not after a failure, when something may still be reading into it
        ArrayPool<byte>.Shared.Return(buffer);
    }

    // However an upstream's answer breaks off: it is not this service that failed
    private static async ValueTask<int> ReadAsync(Stream source, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not (IOException or OperationCanceledException))
        {
            throw new IOException(exception.Message, exception);
        }
    }

    // The Functions host ends the invocation of a client that has left as well, and this may be known first
    private async ValueTask<bool> HasLeftAsync(CancellationToken clientLeft)
    {
        if (!clientLeft.IsCancellationRequested)
        {
            await Task.Delay(LeavingTime, time, clientLeft).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return clientLeft.IsCancellationRequested;
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
