using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Polly;
using Polly.Timeout;

namespace QuotaFunctions.Core.Proxying;

/// <summary>Registers an HTTP client for each provider, with connections, time-outs and a circuit of its own.</summary>
internal static class UpstreamClients
{
    /// <summary>How long an upstream is left alone that has been failing.</summary>
    public static readonly TimeSpan BreakDuration = TimeSpan.FromSeconds(5);

    // The circuit opens when half of at least this many attempts in a sampling period failed
    private const int MinimumThroughput = 20;
    private const double FailureRatio = 0.5;

    private static readonly TimeSpan MinSampling = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan MaxDrain = TimeSpan.FromSeconds(1);

    public static void AddUpstreamClient(this IServiceCollection services, string provider)
    {
        var client = services.AddHttpClient(Provider.ClientNameOf(provider))
            .SetHandlerLifetime(System.Threading.Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(static services => CreateHandler(services.GetRequiredService<UpstreamConnector>()))
            .RemoveAllLoggers();
        client.AddStandardResilienceHandler().Configure((options, services) =>
            Configure(options, services.GetRequiredService<ProviderCatalog>().Find(provider)!.Timeout));
        client.AddHttpMessageHandler(static () => new UploadGuard());
    }

    private static SocketsHttpHandler CreateHandler(UpstreamConnector connector) => new()
    {
        // The answer goes to the client as it is: it decides on redirects, cookies and what it can decompress
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,

        // Through a proxy it would be the proxy that resolves the name, and no address could be checked
        UseProxy = false,
        ConnectCallback = connector.ConnectAsync,
        ConnectTimeout = ConnectTimeout,
        PooledConnectionLifetime = ConnectionLifetime,
        ResponseDrainTimeout = MaxDrain,
        RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
        ActivityHeadersPropagator = null,
    };

    private static void Configure(HttpStandardResilienceOptions options, TimeSpan timeout)
    {
        options.TotalRequestTimeout.Timeout = timeout;
        options.AttemptTimeout.Timeout = timeout;

        // How many may be under way at once is for the quotas to say
        options.RateLimiter.DefaultRateLimiterOptions.PermitLimit = int.MaxValue;

        options.Retry.MaxRetryAttempts = 2;
        options.Retry.Delay = RetryDelay;
        options.Retry.ShouldRetryAfterHeader = false;
        options.Retry.ShouldHandle = static args => ValueTask.FromResult(IsUpstreamsFault(args.Outcome));
#pragma warning disable EXTEXP0001 // It may still change its name: then this is the one place to follow
        options.Retry.DisableForUnsafeHttpMethods();
#pragma warning restore EXTEXP0001

        options.CircuitBreaker.MinimumThroughput = MinimumThroughput;
        options.CircuitBreaker.FailureRatio = FailureRatio;
        options.CircuitBreaker.SamplingDuration = timeout * 2 > MinSampling ? timeout * 2 : MinSampling;
        options.CircuitBreaker.BreakDuration = BreakDuration;
        options.CircuitBreaker.ShouldHandle = static args => ValueTask.FromResult(IsUpstreamsFault(args.Outcome));
    }

    // Not 429, which is about one client's demand, nor 500, which one client's request may bring about: neither must close the
    // upstream to everybody else. Nor what the client or the settings are to blame for.
    private static bool IsUpstreamsFault(Outcome<HttpResponseMessage> outcome) => outcome switch
    {
        { Exception: { } exception } when ExceptionChain.Find<ClientBodyException>(exception) is not null => false,
        { Exception: { } exception } when ExceptionChain.Find<EndpointNotAllowedException>(exception) is not null => false,
        { Exception: HttpRequestException or TimeoutRejectedException } => true,
        { Result.StatusCode: HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout } => true,
        _ => false,
    };
}
