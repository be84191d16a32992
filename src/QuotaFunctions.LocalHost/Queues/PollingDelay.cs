namespace QuotaFunctions.LocalHost.Queues;

/// <summary>The pause between two polls of an empty queue: grows from 100 ms by doubling, with jitter, up to a limit.</summary>
internal sealed class PollingDelay(TimeSpan limit, Random random)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);
    private int _emptyPolls;

    /// <summary>A poll brought messages: the next pause is short again.</summary>
    public void Reset() => _emptyPolls = 0;

    /// <summary>The pause after one more poll that brought nothing.</summary>
    public TimeSpan Next()
    {
        // From 2^20 on the limit rules anyway.
        var steps = (1 << Math.Min(_emptyPolls++, 20)) - 1;
        var jitter = 0.8 + (0.4 * random.NextDouble());
        var delay = Shortest + (Shortest * steps * jitter);
        return delay < limit ? delay : limit;
    }
}
