using System.ComponentModel.DataAnnotations;
using System.Threading.RateLimiting;

namespace Polly.RateLimiting;

public class RateLimiterStrategyOptions : ResilienceStrategyOptions
{
    public RateLimiterStrategyOptions() => Name = "RateLimiter";

    /// <summary>Hands out a lease or refuses one; null: a concurrency limiter with the options below.</summary>
    public Func<RateLimiterArguments, ValueTask<RateLimitLease>>? RateLimiter { get; set; }

    [Required]
    public ConcurrencyLimiterOptions DefaultRateLimiterOptions { get; set; } = new() { PermitLimit = 1000, QueueLimit = 0 };

    public Func<OnRateLimiterRejectedArguments, ValueTask>? OnRejected { get; set; }
}

public readonly struct RateLimiterArguments(ResilienceContext context)
{
    public ResilienceContext Context { get; } = context;
}

public readonly struct OnRateLimiterRejectedArguments(ResilienceContext context, RateLimitLease lease)
{
    public ResilienceContext Context { get; } = context;

    public RateLimitLease Lease { get; } = lease;
}

public sealed class RateLimiterRejectedException : ExecutionRejectedException
{
    public RateLimiterRejectedException()
        : base("The operation could not be executed because it was rejected by the rate limiter.")
    {
    }

    public RateLimiterRejectedException(TimeSpan retryAfter)
        : base($"The operation could not be executed because it was rejected by the rate limiter. It can be retried after '{retryAfter}'.") =>
        RetryAfter = retryAfter;

    public RateLimiterRejectedException(string message)
        : base(message)
    {
    }

    public RateLimiterRejectedException(string message, Exception inner)
        : base(message, inner)
    {
    }

    public TimeSpan? RetryAfter { get; }
}

internal sealed class RateLimiterStrategy : ResilienceStrategy<HttpResponseMessage>, IDisposable
{
    private readonly ConcurrencyLimiter? _limiter;
    private readonly Func<RateLimiterArguments, ValueTask<RateLimitLease>> _acquire;
    private readonly Func<OnRateLimiterRejectedArguments, ValueTask>? _onRejected;

    public RateLimiterStrategy(RateLimiterStrategyOptions options)
    {
        _onRejected = options.OnRejected;
        if (options.RateLimiter is { } acquire)
        {
            _acquire = acquire;
            return;
        }

        var limiter = new ConcurrencyLimiter(options.DefaultRateLimiterOptions);
        _limiter = limiter;
        _acquire = args => limiter.AcquireAsync(cancellationToken: args.Context.CancellationToken);
    }

    public void Dispose() => _limiter?.Dispose();

    protected override async ValueTask<Outcome<HttpResponseMessage>> ExecuteCore<TState>(
        Func<ResilienceContext, TState, ValueTask<Outcome<HttpResponseMessage>>> callback, ResilienceContext context, TState state)
    {
        using var lease = await _acquire(new RateLimiterArguments(context)).ConfigureAwait(false);
        if (lease.IsAcquired)
        {
            return await callback(context, state).ConfigureAwait(false);
        }

        if (_onRejected is not null)
        {
            await _onRejected(new OnRateLimiterRejectedArguments(context, lease)).ConfigureAwait(false);
        }

        return Outcome.FromException<HttpResponseMessage>(lease.TryGetMetadata(MetadataName.RetryAfter, out var retryAfter)
            ? new RateLimiterRejectedException(retryAfter)
            : new RateLimiterRejectedException());
    }
}
