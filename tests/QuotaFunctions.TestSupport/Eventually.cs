using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace QuotaFunctions.TestSupport;

/// <summary>Waits for something that another thread or process brings about, with a bound: never a bare sleep.</summary>
public static class Eventually
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>Returns as soon as <paramref name="condition"/> holds; fails when it does not within the time.</summary>
    public static Task TrueAsync(
        Func<bool> condition, TimeSpan? timeout = null, [CallerArgumentExpression(nameof(condition))] string? what = null)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return TrueAsync(() => Task.FromResult(condition()), timeout, what);
    }

    /// <inheritdoc cref="TrueAsync(Func{bool}, TimeSpan?, string?)"/>
    public static Task TrueAsync(
        Func<Task<bool>> condition, TimeSpan? timeout = null, [CallerArgumentExpression(nameof(condition))] string? what = null)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return GetAsync(async () => await condition().ConfigureAwait(false) ? "" : null, timeout, what);
    }

    /// <summary>
    /// The first value that <paramref name="attempt"/> returns that is not null. An exception counts as "not yet", and is
    /// the inner exception of the failure when the time is up.
    /// </summary>
    public static async Task<T> GetAsync<T>(
        Func<Task<T?>> attempt, TimeSpan? timeout = null, [CallerArgumentExpression(nameof(attempt))] string? what = null)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(attempt);
        var limit = timeout ?? DefaultTimeout;
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            Exception? failure = null;
            try
            {
                if (await attempt().ConfigureAwait(false) is { } value)
                {
                    return value;
                }
            }
            catch (Exception exception) when (exception is not UnreachableException)
            {
                failure = exception;
            }

            if (TimeProvider.System.GetElapsedTime(start) > limit)
            {
                throw new TimeoutException($"Not within {limit.TotalSeconds:0.#} s: {what}", failure);
            }

            await Task.Delay(Pause, TimeProvider.System).ConfigureAwait(false);
        }
    }
}
