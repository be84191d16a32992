namespace QuotaFunctions.Benchmarks;

/// <summary>How long the comparison takes.</summary>
/// <param name="IsQuick">Fewer steps: for a look, not for figures to quote.</param>
/// <param name="Rounds">How often each is measured, in turn with the others; the median counts.</param>
/// <param name="Duration">How long a load lasts.</param>
/// <param name="WarmUp">How long each runs before it is measured.</param>
internal sealed record RunPlan(bool IsQuick, int Rounds, TimeSpan Duration, TimeSpan WarmUp)
{
    /// <summary>In less than fifteen minutes.</summary>
    public static RunPlan Full { get; } = new(false, 5, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));

    /// <summary>In less than three.</summary>
    public static RunPlan Quick { get; } = new(true, 3, TimeSpan.FromSeconds(0.4), TimeSpan.FromSeconds(2));
}
