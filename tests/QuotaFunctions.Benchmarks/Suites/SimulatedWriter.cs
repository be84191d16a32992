namespace QuotaFunctions.Benchmarks.Suites;

/// <summary>One account's writer on one instance of the <see cref="ScalingSimulation"/>. Moments are in seconds.</summary>
internal sealed class SimulatedWriter
{
    /// <summary>When the latest commit begins; it may be yet to come.</summary>
    public double Start { get; set; } = double.NegativeInfinity;

    public double ReadAt { get; set; } = double.NegativeInfinity;

    public double MarkedAt { get; set; } = double.NegativeInfinity;

    public double UsageMarkedAt { get; set; } = double.NegativeInfinity;

    public double LeaseUntil { get; set; } = double.NegativeInfinity;

    /// <summary>Commits lost to others, fading.</summary>
    public double Pressure { get; set; }

    /// <summary>Whether others were seen to use the account.</summary>
    public bool IsShared { get; set; }

    /// <summary>Charges in the latest commit.</summary>
    public int Entries { get; set; }

    /// <summary>The message to the log that its commits were told in last.</summary>
    public int Message { get; set; } = -1;

    public int CommitsInMessage { get; set; }
}
