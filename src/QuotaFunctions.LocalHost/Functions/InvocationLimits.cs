namespace QuotaFunctions.LocalHost.Functions;

/// <summary>When invocations are asked to end: each by HTTP when its time is up, and all of them at the end of a drain.</summary>
/// <param name="timeout">How long one by HTTP may take; infinite for no limit.</param>
/// <param name="time">The time.</param>
internal sealed class InvocationLimits(TimeSpan timeout, TimeProvider time) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Ends when all invocations are asked to.</summary>
    public CancellationToken Stopping => _stop.Token;

    /// <summary>Asks all invocations to end.</summary>
    public Task StopAsync() => _stop.CancelAsync();

    /// <summary>Begins an invocation: what ends its token.</summary>
    /// <param name="also">Ends it as well.</param>
    public InvocationEnd Begin(CancellationToken also) => new(new CancellationTokenSource(timeout, time), _stop.Token, also);

    /// <inheritdoc/>
    public void Dispose() => _stop.Dispose();
}

/// <summary>The end of one invocation.</summary>
internal sealed class InvocationEnd : IDisposable
{
    private readonly CancellationTokenSource _tooLate;
    private readonly CancellationTokenSource _any;

    /// <summary>Ends at the first of these; <paramref name="tooLate"/> is disposed of with it.</summary>
    public InvocationEnd(CancellationTokenSource tooLate, CancellationToken stop, CancellationToken also)
    {
        _tooLate = tooLate;
        _any = CancellationTokenSource.CreateLinkedTokenSource(tooLate.Token, stop, also);
    }

    /// <summary>Ends when the invocation is asked to.</summary>
    public CancellationToken Token => _any.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        _any.Dispose();
        _tooLate.Dispose();
    }
}
