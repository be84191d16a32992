using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using QuotaFunctions.Core.Http;

namespace QuotaFunctions.Core.Proxying;

/// <summary>The way to one provider: its connections, its time-out, its circuit, and when a request is sent again.</summary>
internal sealed partial class UpstreamClient : IDisposable
{
    /// <summary>How long an upstream is left alone that has been failing.</summary>
    public static readonly TimeSpan BreakDuration = TimeSpan.FromSeconds(5);

    // The circuit opens when half of at least this many attempts in a sampling period failed
    private const int MinimumThroughput = 20;
    private const double FailureRatio = 0.5;
    private const int MaxRetries = 2;

    private static readonly TimeSpan MinSampling = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);

    private readonly Provider _provider;
    private readonly HttpMessageInvoker _invoker;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ResiliencePipeline<HttpResponseMessage> _once;
    private readonly ResiliencePipeline<HttpResponseMessage> _repeatedly;

    /// <summary>Opens the way to a provider.</summary>
    /// <param name="provider">The provider.</param>
    /// <param name="connections">Sends requests; disposed of with this.</param>
    /// <param name="time">The time.</param>
    /// <param name="logger">The log.</param>
    public UpstreamClient(Provider provider, HttpMessageHandler connections, TimeProvider time, ILogger<UpstreamClient> logger)
    {
        (_provider, _time, _logger) = (provider, time, logger);
        _invoker = new HttpMessageInvoker(connections);

        // Without a logger of their own: what they do is told here, in one line
        _once = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time }.AddCircuitBreaker(new CircuitBreakerStrategyOptions<HttpResponseMessage>
        {
            MinimumThroughput = MinimumThroughput,
            FailureRatio = FailureRatio,
            SamplingDuration = provider.Timeout * 2 > MinSampling ? provider.Timeout * 2 : MinSampling,
            BreakDuration = BreakDuration,
            ShouldHandle = static args => ValueTask.FromResult(IsUpstreamsFault(args.Outcome)),
            OnOpened = args =>
            {
                LeftAlone(_provider.Name, args.BreakDuration.TotalSeconds);
                return default;
            },
        }).Build();
        _repeatedly = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time }.AddRetry(new RetryStrategyOptions<HttpResponseMessage>
        {
            MaxRetryAttempts = MaxRetries,
            Delay = RetryDelay,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,

            // After a time-out there is no time left
            ShouldHandle = static args => ValueTask.FromResult(args.Outcome.Exception is not TimeoutException && IsUpstreamsFault(args.Outcome)),
            OnRetry = args =>
            {
                AskedAgain(_provider.Name, args.Outcome.Exception is { } exception ? ExceptionChain.Reason(exception) : StatusOf(args.Outcome.Result!));
                return default;
            },
        }).AddPipeline(_once).Build();
    }

    /// <summary>Sends a request and waits for the headers of its answer, for as long as the provider's time-out says, all attempts together.</summary>
    /// <param name="request">The request.</param>
    /// <param name="progress">Counts how often it is sent.</param>
    /// <param name="timeout">How long to wait where the provider's time-out is longer.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="TimeoutException">No headers came in time.</exception>
    /// <exception cref="BrokenCircuitException">The upstream has been failing and is left alone.</exception>
    /// <exception cref="ClientBodyException">The client is to blame.</exception>
    /// <exception cref="HttpRequestException">The upstream could not be reached, or what it answered is no answer.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, ForwardProgress progress, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var tooLate = new CancellationTokenSource(timeout < _provider.Timeout ? timeout : _provider.Timeout, _time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, tooLate.Token);
        var pipeline = IsSafe(request.Method) && IsRepeatable(request) ? _repeatedly : _once;
        try
        {
            return await pipeline.ExecuteAsync(
                static (attempt, stop) => attempt.Client.AttemptAsync(attempt.Request, attempt.Progress, attempt.TooLate, stop),
                (Client: this, Request: request, Progress: progress, TooLate: tooLate.Token),
                stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (tooLate.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // While it waited to ask again
            throw new TimeoutException(exception.Message, exception);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _invoker.Dispose();

    private static bool IsSafe(HttpMethod method) => method == HttpMethod.Get || method == HttpMethod.Head || method == HttpMethod.Options;

    private static bool IsRepeatable(HttpRequestMessage request) => request.Content is null or ForwardedContent { IsRepeatable: true };

    // Not 429, which is about one client's demand, nor 500, which one client's request may bring about: neither must close the
    // upstream to everybody else. Nor what the client or the settings are to blame for.
    private static bool IsUpstreamsFault(Outcome<HttpResponseMessage> outcome) => outcome switch
    {
        { Exception: OperationCanceledException or BrokenCircuitException } => false,
        { Exception: { } exception } => ExceptionChain.Find<ClientBodyException>(exception) is null && ExceptionChain.Find<EndpointNotAllowedException>(exception) is null,
        { Result.StatusCode: HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout } => true,
        _ => false,
    };

    // Who reads the answer goes by these; whatever else is odd about it goes to the client as it is
    private static string? FaultOf(HttpResponseMessage answer)
    {
        if (answer.StatusCode < HttpStatusCode.OK)
        {
            return $"It answered with {StatusOf(answer)}.";
        }

        return answer.Content.Headers.NonValidated.TryGetValues("Content-Length", out var lengths)
            && !(lengths.Count == 1 && long.TryParse(lengths.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out _))
            ? "It answered with a Content-Length that is none."
            : null;
    }

    private static string StatusOf(HttpResponseMessage answer) => ((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture);

    private async ValueTask<HttpResponseMessage> AttemptAsync(HttpRequestMessage request, ForwardProgress progress, CancellationToken tooLate, CancellationToken stop)
    {
        progress.Attempts++;
        try
        {
            var answer = await SendOnceAsync(request, stop).ConfigureAwait(false);
            if (FaultOf(answer) is { } fault)
            {
                answer.Dispose();
                throw new HttpRequestException(fault);
            }

            return answer;
        }
        catch (OperationCanceledException exception) when (request.Content is ForwardedContent { AwaitsClient: true })
        {
            // Neither time-out nor circuit is charged with a client that is slow to send
            throw new ClientBodyException(Refusal.Invalid("body", "did not arrive in time."), exception);
        }
        catch (OperationCanceledException exception) when (tooLate.IsCancellationRequested)
        {
            throw new TimeoutException(exception.Message, exception);
        }
        catch (OperationCanceledException exception) when (!stop.IsCancellationRequested)
        {
            throw new HttpRequestException(HttpRequestError.ConnectionError, "The connection took too long.", exception);
        }
    }

    private async Task<HttpResponseMessage> SendOnceAsync(HttpRequestMessage request, CancellationToken stop)
    {
        var use = UpstreamConnection.Use.Begin();
        try
        {
            return await _invoker.SendAsync(request, stop).ConfigureAwait(false);
        }
        catch (HttpRequestException) when (use.IsStale && IsRepeatable(request))
        {
            // The upstream closed the idle connection while the request was on its way. Of a request without a body the handler knows
            return await _invoker.SendAsync(request, stop).ConfigureAwait(false);
        }
    }

    [LoggerMessage(1204, LogLevel.Information, "The provider {Provider} is asked again: {Reason}")]
    private partial void AskedAgain(string provider, string reason);

    [LoggerMessage(1205, LogLevel.Warning, "The provider {Provider} has been failing and is left alone for {Seconds} s.")]
    private partial void LeftAlone(string provider, double seconds);
}
