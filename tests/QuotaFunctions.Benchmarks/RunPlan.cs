namespace QuotaFunctions.Benchmarks;

/// <summary>How long the comparison takes.</summary>
/// <param name="Rounds">How often each is measured, in turn with the others; the median counts.</param>
/// <param name="Duration">How long a load lasts.</param>
/// <param name="WarmUp">How long each runs before it is measured.</param>
/// <param name="MaxKeys">Up to how many keys are looked at.</param>
/// <param name="MaxLogRows">Up to how many rows of the log.</param>
/// <param name="MaxCharges">After how many charges memory is looked at last.</param>
internal sealed record RunPlan(int Rounds, TimeSpan Duration, TimeSpan WarmUp, int MaxKeys, int MaxLogRows, int MaxCharges)
{
    /// <summary>Fewer steps, in less than three minutes: for a look, not for figures to quote.</summary>
    public static RunPlan Quick { get; } = new(2, TimeSpan.FromSeconds(0.4), TimeSpan.FromSeconds(1.5), MaxKeys: 100, MaxLogRows: 1000, MaxCharges: 20_000);

    /// <summary>All suites, in less than fifteen minutes.</summary>
    public static RunPlan Comparison { get; } = Quick with
    {
        Rounds = 5, Duration = TimeSpan.FromSeconds(1), WarmUp = TimeSpan.FromSeconds(5), MaxKeys = 10_000, MaxLogRows = 100_000, MaxCharges = 250_000,
    };

    /// <summary>A suite by itself, to the end.</summary>
    public static RunPlan Whole { get; } = Comparison with { MaxKeys = 100_000, MaxLogRows = 1_000_000, MaxCharges = 1_000_000 };

    /// <summary>Whether it is only for a look.</summary>
    public bool IsQuick => this == Quick;
}
