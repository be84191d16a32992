namespace QuotaFunctions.Core.Proxying;

/// <summary>
/// How long an upstream is listened to: as long as the client does and the host lets it; then, where that is wanted, a while longer, to learn
/// what the answer comes to.
/// </summary>
internal sealed class Attendance : IDisposable
{
    /// <summary>How much later than the end of the invocation it may be known that the client has left: the Functions host ends that, too.</summary>
    public static readonly TimeSpan LeavingTime = TimeSpan.FromMilliseconds(250);

    private readonly CancellationTokenSource _end;
    private readonly CancellationTokenRegistration _onLeft;
    private readonly CancellationTokenRegistration _onEnded;
    private volatile TokenUsageReader? _usage;
    private volatile bool _isKnown;

    /// <summary>Begins it.</summary>
    /// <param name="longer">How long to go on without the client; zero for not at all.</param>
    /// <param name="time">The time.</param>
    /// <param name="clientLeft">Ends when the client has left.</param>
    /// <param name="ended">Ends when the host ends the invocation.</param>
    public Attendance(TimeSpan longer, TimeProvider time, CancellationToken clientLeft, CancellationToken ended)
    {
        (ClientLeft, Ended, GoesOn) = (clientLeft, ended, longer > TimeSpan.Zero);
        if (!GoesOn)
        {
            _end = CancellationTokenSource.CreateLinkedTokenSource(clientLeft, ended);
            return;
        }

        _end = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _onLeft = clientLeft.UnsafeRegister(_ => EndAfter(_isKnown || _usage is { IsOver: true } ? TimeSpan.Zero : longer), null);
        _onEnded = ended.UnsafeRegister(_ => EndAfter(clientLeft.IsCancellationRequested ? null : LeavingTime), null);
    }

    /// <summary>Ends when the client has left.</summary>
    public CancellationToken ClientLeft { get; }

    /// <summary>Ends when the host ends the invocation.</summary>
    public CancellationToken Ended { get; }

    /// <summary>Whether it goes on without the client.</summary>
    public bool GoesOn { get; }

    /// <summary>Ends when nobody listens any more.</summary>
    public CancellationToken Token => _end.Token;

    /// <summary>Says where it can be read whether there is more to be learned.</summary>
    /// <param name="usage">Reads the answer; null where nothing is to be learned from it.</param>
    public void Follow(TokenUsageReader? usage)
    {
        _usage = usage;
        _isKnown = usage is null;
        if (_isKnown && ClientLeft.IsCancellationRequested)
        {
            _end.Cancel();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _onLeft.Dispose();
        _onEnded.Dispose();
        _end.Dispose();
    }

    private void EndAfter(TimeSpan? wait)
    {
        if (wait == TimeSpan.Zero)
        {
            _end.Cancel();
        }
        else if (wait is { } some)
        {
            _end.CancelAfter(some);
        }
    }
}
