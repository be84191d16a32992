using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Polly.CircuitBreaker;
using QuotaFunctions.Core.Http;

namespace QuotaFunctions.Core.Proxying;

/// <summary>Sends requests to upstreams, and their answers back: piece by piece, in both directions.</summary>
internal sealed partial class UpstreamForwarder(
    UpstreamClients clients, IOptions<KestrelServerOptions> server, TimeProvider time, ILogger<UpstreamForwarder> logger)
{
    // A host that does not say how, refuses to write a header that is not ASCII
    private readonly bool _writesAnyHeader = server.Value.ResponseHeaderEncodingSelector("Content-Disposition") is not null;

    /// <summary>Sends a request and waits for the headers of its answer. Whatever goes wrong is the upstream's fault, unless it is known to be another's.</summary>
    /// <param name="request">The request.</param>
    /// <param name="attendance">How long to wait.</param>
    public async Task<UpstreamResponse> SendAsync(UpstreamRequest request, Attendance attendance)
    {
        using var message = ToMessage(request);
        try
        {
            var answer = await clients.Of(request.Provider).SendAsync(message, request.Progress, request.Timeout, attendance.Token).ConfigureAwait(false);
            return new UpstreamResponse(answer, ForwardOutcome.Answered);
        }
        catch (Exception) when (attendance.Token.IsCancellationRequested)
        {
            return await HasLeftAsync(attendance.ClientLeft).ConfigureAwait(false)
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
            TimedOut(request.Provider.Name, Math.Min(request.Timeout.TotalSeconds, request.Provider.Timeout.TotalSeconds));
            return new UpstreamResponse(null, ForwardOutcome.TimedOut, new Refusal(Problem.UpstreamTimeout));
        }
        catch (Exception exception)
        {
            Unreachable(request.Provider.Name, ExceptionChain.Reason(exception));
            return new UpstreamResponse(null, ForwardOutcome.Unreachable, new Refusal(Problem.UpstreamUnreachable));
        }
    }

    /// <summary>
    /// Passes an answer on to the client, to its very end. Returns how it ended; after a break the client's connection is cut, so that it sees it.
    /// </summary>
    /// <param name="answer">The answer.</param>
    /// <param name="context">The client's request.</param>
    /// <param name="request">What it answers.</param>
    /// <param name="usage">Reads along; null where it cannot.</param>
    /// <param name="recording">Takes down what the client gets; null where nobody does.</param>
    /// <param name="attendance">How long to listen.</param>
    public async Task<PassedAnswer> PassOnAsync(
        HttpResponseMessage answer, HttpContext context, UpstreamRequest request, TokenUsageReader? usage, AnswerRecording? recording, Attendance attendance)
    {
        var (clientLeft, ended, deadline) = (attendance.ClientLeft, attendance.Ended, request.Provider.StreamTimeout);
        var response = context.Response;
        var filter = request.HidesReport && usage is not null && IsEventStream(answer) ? new UsageEventFilter() : null;
        response.StatusCode = (int)answer.StatusCode;
        ForwardedHeaders.CopyToClient(answer, response, request.Provider, _writesAnyHeader);
        if (filter is not null)
        {
            response.ContentLength = null;
        }

        recording?.Begin(response);
        using var tooLate = new CancellationTokenSource(deadline, time);
        using var sending = CancellationTokenSource.CreateLinkedTokenSource(clientLeft, tooLate.Token, ended);
        using var silence = new SilenceTimer(request.Provider.IdleTimeout, time);
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(attendance.Token, tooLate.Token, silence.Token);
        var copier = new AnswerCopier(response, usage, filter, recording, request.Progress, silence, time);
        try
        {
            if (HasBody(context, answer))
            {
                context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
                var source = await answer.Content.ReadAsStreamAsync(reading.Token).ConfigureAwait(false);
                await copier.CopyAsync(source, sending.Token, reading.Token).ConfigureAwait(false);
                if (copier.IsCut)
                {
                    throw new OperationCanceledException(sending.Token);
                }

                ForwardedHeaders.CopyTrailersToClient(answer, response);
            }

            // Before its end: who has all of the answer may leave
            var hasLeft = clientLeft.IsCancellationRequested && !copier.WasOver;
            await response.CompleteAsync().ConfigureAwait(false);
            return new PassedAnswer(hasLeft ? ForwardOutcome.ClientClosed : ForwardOutcome.Answered, IsWhole: true);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            if (ended.IsCancellationRequested ? await HasLeftAsync(clientLeft).ConfigureAwait(false) : clientLeft.IsCancellationRequested)
            {
                return new PassedAnswer(copier.WasOver ? ForwardOutcome.Answered : ForwardOutcome.ClientClosed, copier.IsWhole);
            }

            Truncated(
                ended.IsCancellationRequested ? "the host ended the invocation"
                : silence.Token.IsCancellationRequested ? $"nothing came for {request.Provider.IdleTimeout.TotalSeconds} s"
                : tooLate.IsCancellationRequested ? $"not whole within {deadline.TotalSeconds} s"
                : ExceptionChain.Reason(exception));
            context.Abort();
            return new PassedAnswer(ForwardOutcome.Truncated, copier.IsWhole);
        }
    }

    private static bool IsEventStream(HttpResponseMessage answer) =>
        answer.IsSuccessStatusCode && "text/event-stream".Equals(answer.Content.Headers.ContentType?.MediaType, StringComparison.OrdinalIgnoreCase);

    private static HttpRequestMessage ToMessage(UpstreamRequest request)
    {
        var message = new HttpRequestMessage(request.Method, request.Target) { Content = request.Content };
        ForwardedHeaders.CopyToUpstream(request.Headers, message, request.Provider, request.ApiKey);
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

    // The Functions host ends the invocation of a client that has left as well, and this may be known first
    private async ValueTask<bool> HasLeftAsync(CancellationToken clientLeft)
    {
        if (!clientLeft.IsCancellationRequested)
        {
            await Task.Delay(Attendance.LeavingTime, time, clientLeft).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
