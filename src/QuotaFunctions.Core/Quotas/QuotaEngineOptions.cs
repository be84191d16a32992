namespace QuotaFunctions.Core.Quotas;

/// <summary>The engine's own numbers. They are no settings: tests set them, nobody else needs to.</summary>
internal sealed class QuotaEngineOptions
{
    /// <summary>Operations that are decided together at the most. Default 512.</summary>
    public int MaxBatch { get; init; } = 512;

    /// <summary>
    /// How long a charge waits for storage before it is refused. Default 6 s: with the last call's own time-out (3 s) the answer
    /// is out within 10 s.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>How old the state may be that a refusal is given from. Default 250 ms.</summary>
    public TimeSpan RefusalFreshness { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The first wait after a lost commit, at the most. Default 5 ms.</summary>
    public TimeSpan MinBackOff { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>The longest wait between two attempts. Default 500 ms.</summary>
    public TimeSpan MaxBackOff { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>After how long without use a lane is closed. Default 5 minutes.</summary>
    public TimeSpan LaneLifetime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Where the jitter comes from.</summary>
    public Random Random { get; init; } = Random.Shared;
}
