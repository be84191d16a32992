namespace QuotaFunctions.Core.Charging;

/// <summary>What a call may cost whose cost is known only at its end. Of what lies between the two, as much is held as is left.</summary>
/// <param name="Most">The most that it can cost, in units; 0 for what costs nothing and is no hold.</param>
/// <param name="Least">What it takes to make the call at all, with its answer cut short; the same as the most where that cannot be.</param>
public readonly record struct CostEstimate(long Most, long Least)
{
    /// <summary>An estimate of a call that is made as it is or not at all.</summary>
    public CostEstimate(long cost)
        : this(cost, cost)
    {
    }

    /// <summary>An estimate that covers each of these; null where none is known.</summary>
    internal static CostEstimate? Largest(IEnumerable<CostEstimate?> estimates)
    {
        CostEstimate? largest = null;
        foreach (var estimate in estimates)
        {
            largest = largest is { } one && estimate is { } other
                ? new CostEstimate(Math.Max(one.Most, other.Most), Math.Max(one.Least, other.Least))
                : largest ?? estimate;
        }

        return largest;
    }
}
