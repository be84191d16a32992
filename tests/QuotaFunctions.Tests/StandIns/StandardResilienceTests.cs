using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Options;
using Polly;
using Polly.CircuitBreaker;
using Polly.RateLimiting;
using Polly.Timeout;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Tests.StandIns;

/// <summary>What the product counts on from the standard resilience handler, whichever package or project it comes from.</summary>
public sealed class StandardResilienceTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly Upstream _upstream = new();
    private ServiceProvider? _services;

    [Fact]
    public void The_defaults_are_the_documented_ones()
    {
        var options = new HttpStandardResilienceOptions();

        Assert.Equal(1000, options.RateLimiter.DefaultRateLimiterOptions.PermitLimit);
        Assert.Equal(0, options.RateLimiter.DefaultRateLimiterOptions.QueueLimit);
        Assert.Equal(TimeSpan.FromSeconds(30), options.TotalRequestTimeout.Timeout);
        Assert.Equal(3, options.Retry.MaxRetryAttempts);
        Assert.Equal(TimeSpan.FromSeconds(2), options.Retry.Delay);
        Assert.Equal(DelayBackoffType.Exponential, options.Retry.BackoffType);
        Assert.True(options.Retry.UseJitter);
        Assert.True(options.Retry.ShouldRetryAfterHeader);
        Assert.Equal(0.1, options.CircuitBreaker.FailureRatio);
        Assert.Equal(100, options.CircuitBreaker.MinimumThroughput);
        Assert.Equal(TimeSpan.FromSeconds(30), options.CircuitBreaker.SamplingDuration);
        Assert.Equal(TimeSpan.FromSeconds(5), options.CircuitBreaker.BreakDuration);
        Assert.Equal(TimeSpan.FromSeconds(10), options.AttemptTimeout.Timeout);
    }

    [Theory]
    [InlineData(10, 10, 20, true)]
    [InlineData(10.1, 10, 60, false)] // an attempt longer than the whole
    [InlineData(10, 30, 19.9, false)] // sampled for less than two attempts
    [InlineData(0.001, 30, 60, false)] // out of the strategy's own range
    public void Options_are_validated(double attempt, double total, double sampling, bool valid)
    {
        Client(options =>
        {
            options.AttemptTimeout.Timeout = TimeSpan.FromSeconds(attempt);
            options.TotalRequestTimeout.Timeout = TimeSpan.FromSeconds(total);
            options.CircuitBreaker.SamplingDuration = TimeSpan.FromSeconds(sampling);
        });

        var failure = Record.Exception(() => _services!.GetRequiredService<IStartupValidator>().Validate());

        // Both clients are wrong, and start-up says so of both.
        Assert.Equal(valid ? 0 : 2, failure is AggregateException { InnerExceptions: var failures } ? failures.OfType<OptionsValidationException>().Count() : 0);
        Assert.Equal(valid, failure is null);
    }

    [Fact]
    public void Only_the_strategies_decide_how_long_a_request_may_take() =>
        Assert.Equal(Timeout.InfiniteTimeSpan, Client().Timeout);

    [Theory]
    [InlineData(HttpStatusCode.InternalServerError, 4)]
    [InlineData(HttpStatusCode.ServiceUnavailable, 4)]
    [InlineData(HttpStatusCode.TooManyRequests, 4)]
    [InlineData(HttpStatusCode.RequestTimeout, 4)]
    [InlineData(HttpStatusCode.NotFound, 1)]
    [InlineData(HttpStatusCode.OK, 1)]
    public async Task Transient_answers_are_tried_again_three_times(HttpStatusCode status, int attempts)
    {
        _upstream.Answer = (_, _) => Task.FromResult(new HttpResponseMessage(status));

        var response = await TurningTheClock(Client().GetAsync(new Uri("http://a.test/")));

        Assert.Equal(status, response.StatusCode);
        Assert.Equal(attempts, _upstream.Requests);
    }

    [Fact]
    public async Task A_connection_that_fails_is_tried_again()
    {
        _upstream.Answer = (_, _) => _upstream.Requests < 3
            ? throw new HttpRequestException("refused")
            : Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK));

        var response = await TurningTheClock(Client().GetAsync(new Uri("http://a.test/")));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(3, _upstream.Requests);
    }

    [Theory]
    [InlineData("POST", 1)]
    [InlineData("PUT", 1)]
    [InlineData("PATCH", 1)]
    [InlineData("DELETE", 1)]
    [InlineData("GET", 4)]
    [InlineData("HEAD", 4)]
    public async Task Unsafe_methods_can_be_kept_from_being_tried_again(string method, int attempts)
    {
        _upstream.Answer = (_, _) => throw new HttpRequestException("refused");
        using var request = new HttpRequestMessage(new HttpMethod(method), "http://a.test/");

#pragma warning disable EXTEXP0001 // experimental
        var client = Client(static options => options.Retry.DisableForUnsafeHttpMethods());
#pragma warning restore EXTEXP0001
        await Assert.ThrowsAsync<HttpRequestException>(() => TurningTheClock(client.SendAsync(request)));

        Assert.Equal(attempts, _upstream.Requests);
    }

    [Fact]
    public async Task Retry_After_says_when_the_next_attempt_begins()
    {
        _upstream.Answer = (_, _) => Task.FromResult(_upstream.Requests == 1
            ? new HttpResponseMessage(HttpStatusCode.ServiceUnavailable) { Headers = { RetryAfter = new RetryConditionHeaderValue(TimeSpan.FromSeconds(7)) } }
            : new HttpResponseMessage(HttpStatusCode.OK));

        var sending = Client().GetAsync(new Uri("http://a.test/"));

        // The total time-out and the delay
        await Eventually.TrueAsync(() => _clock.TimerCount == 2);
        _clock.Advance(TimeSpan.FromSeconds(6.9));
        Assert.Equal(1, _upstream.Requests);
        _clock.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(HttpStatusCode.OK, (await sending).StatusCode);
        Assert.Equal(2, _upstream.Requests);
    }

    [Fact]
    public async Task An_attempt_that_takes_too_long_is_given_up_and_tried_again_within_the_total_time()
    {
        _upstream.Answer = Upstream.Hang;
        var sending = Client(static options => options.Retry.Delay = TimeSpan.Zero).GetAsync(new Uri("http://a.test/"));

        for (var attempt = 1; attempt <= 3; attempt++)
        {
            await Eventually.TrueAsync(() => _upstream.Requests == attempt && _clock.TimerCount == 2);
            Assert.False(sending.IsCompleted);
            _clock.Advance(TimeSpan.FromSeconds(10));
        }

        await Assert.ThrowsAsync<TimeoutRejectedException>(() => sending);
        Assert.InRange(_upstream.Requests, 3, 4);
        Assert.Equal(TimeSpan.FromSeconds(30), _clock.GetElapsedTime(0));
    }

    [Fact]
    public async Task The_callers_own_cancellation_is_not_tried_again()
    {
        _upstream.Answer = Upstream.Hang;
        using var cancellation = new CancellationTokenSource();

        var sending = Client().GetAsync(new Uri("http://a.test/"), cancellation.Token);
        await Eventually.TrueAsync(() => _upstream.Requests == 1);
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        Assert.Equal(1, _upstream.Requests);
    }

    [Fact]
    public async Task No_timeout_cuts_a_body_once_the_headers_are_there()
    {
        var body = new System.IO.Pipelines.Pipe();
        _upstream.Answer = (_, _) => Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(body.Reader.AsStream()) });

        var response = await Client().GetAsync(new Uri("http://a.test/"), HttpCompletionOption.ResponseHeadersRead);
        _clock.Advance(TimeSpan.FromMinutes(10));
        await body.Writer.WriteAsync("late"u8.ToArray());
        await body.Writer.CompleteAsync();

        Assert.Equal("late", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task The_circuit_opens_for_each_authority_and_closes_again()
    {
        _upstream.Answer = (request, _) => Task.FromResult(new HttpResponseMessage(
            request.RequestUri!.Host == "bad.test" ? HttpStatusCode.BadGateway : HttpStatusCode.OK));
        var client = Client(static options =>
        {
            options.CircuitBreaker.MinimumThroughput = 2;
            options.Retry.ShouldHandle = static _ => ValueTask.FromResult(false);
        });

        await client.GetAsync(new Uri("http://bad.test/1"));
        await client.GetAsync(new Uri("http://bad.test/2"));
        await Assert.ThrowsAsync<BrokenCircuitException>(() => client.GetAsync(new Uri("http://bad.test/3")));
        Assert.Equal(2, _upstream.Requests);

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("http://good.test/"))).StatusCode);

        _clock.Advance(TimeSpan.FromSeconds(5.1));
        _upstream.Answer = (_, _) => Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("http://bad.test/4"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("http://bad.test/5"))).StatusCode);
    }

    [Fact]
    public async Task Attempts_that_time_out_count_for_the_circuit_and_a_broken_circuit_is_not_tried_again()
    {
        _upstream.Answer = Upstream.Hang;
        var client = Client(static options =>
        {
            options.CircuitBreaker.MinimumThroughput = 2;
            options.Retry.Delay = TimeSpan.Zero;
        });

        var sending = client.GetAsync(new Uri("http://a.test/"));
        for (var attempt = 1; attempt <= 2; attempt++)
        {
            await Eventually.TrueAsync(() => _upstream.Requests == attempt && _clock.TimerCount == 2);
            _clock.Advance(TimeSpan.FromSeconds(10));
        }

        await Assert.ThrowsAsync<BrokenCircuitException>(() => sending);
        Assert.Equal(2, _upstream.Requests);
    }

    [Fact]
    public async Task The_limiter_comes_first_and_its_refusal_is_not_tried_again()
    {
        _upstream.Answer = Upstream.Hang;
        using var cancellation = new CancellationTokenSource();
        var client = Client(static options => options.RateLimiter.DefaultRateLimiterOptions.PermitLimit = 1);

        var first = client.GetAsync(new Uri("http://a.test/"), cancellation.Token);
        await Eventually.TrueAsync(() => _upstream.Requests == 1);
        await Assert.ThrowsAsync<RateLimiterRejectedException>(() => client.GetAsync(new Uri("http://a.test/")));
        Assert.Equal(1, _upstream.Requests);

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        _upstream.Answer = (_, _) => Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("http://a.test/"))).StatusCode);
    }

    [Fact]
    public async Task Each_client_has_a_pipeline_of_its_own_that_outlives_its_handlers()
    {
        _upstream.Answer = (_, _) => Task.FromResult(new HttpResponseMessage(HttpStatusCode.BadGateway));
        static void Configure(HttpStandardResilienceOptions options)
        {
            options.CircuitBreaker.MinimumThroughput = 2;
            options.Retry.ShouldHandle = static _ => ValueTask.FromResult(false);
        }

        var one = Client(Configure);
        await one.GetAsync(new Uri("http://a.test/"));
        await one.GetAsync(new Uri("http://a.test/"));

        var factory = _services!.GetRequiredService<IHttpMessageHandlerFactory>();
        using var again = new HttpClient(factory.CreateHandler("one"), disposeHandler: false);
        using var other = new HttpClient(factory.CreateHandler("other"), disposeHandler: false);
        await Assert.ThrowsAsync<BrokenCircuitException>(() => again.GetAsync(new Uri("http://a.test/")));
        Assert.Equal(HttpStatusCode.BadGateway, (await other.GetAsync(new Uri("http://a.test/"))).StatusCode);
    }

    public async ValueTask DisposeAsync()
    {
        if (_services is not null)
        {
            await _services.DisposeAsync();
        }

        _upstream.Dispose();
    }

    private HttpClient Client(Action<HttpStandardResilienceOptions>? configure = null)
    {
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(_clock);
        foreach (var name in (string[])["one", "other"])
        {
            services.AddHttpClient(name)
                .ConfigurePrimaryHttpMessageHandler(() => _upstream)
                .AddStandardResilienceHandler(options =>
                {
                    options.Retry.UseJitter = false; // 2, 4 and 8 s
                    configure?.Invoke(options);
                })
                .SelectPipelineByAuthority();
        }

        _services = services.BuildServiceProvider();
        return _services.GetRequiredService<IHttpClientFactory>().CreateClient("one");
    }

    /// <summary>Lets the time of every delay pass at once, as it comes.</summary>
    private async Task<HttpResponseMessage> TurningTheClock(Task<HttpResponseMessage> sending)
    {
        await Eventually.TrueAsync(() =>
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            return sending.IsCompleted;
        });
        return await sending;
    }

    private sealed class Upstream : HttpMessageHandler
    {
        private int _requests;

        public int Requests => Volatile.Read(ref _requests);

        public Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> Answer { get; set; } = Hang;

        public static async Task<HttpResponseMessage> Hang(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            throw new InvalidOperationException("An infinite delay has ended.");
        }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _requests);
            return Answer(request, cancellationToken);
        }
    }
}
