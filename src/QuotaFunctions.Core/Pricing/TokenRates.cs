namespace QuotaFunctions.Core.Pricing;

/// <summary>What tokens cost, in US dollars per million: which is in micro-dollars for each.</summary>
/// <param name="Input">Of the prompt.</param>
/// <param name="Output">Of the answer.</param>
public sealed record TokenRates(decimal Input, decimal Output)
{
    /// <summary>Of the prompt, read from a cache.</summary>
    public decimal CachedInput { get; init; } = Input;

    /// <summary>Of the prompt, written to a cache.</summary>
    public decimal CacheWrite { get; init; } = Input;

    /// <summary>Of the prompt, written to a cache for an hour; null for the price of <see cref="CacheWrite"/>.</summary>
    public decimal? LongCacheWrite { get; init; }

    /// <summary>The most that a token of a prompt may cost.</summary>
    public decimal DearestInput => Math.Max(Math.Max(Input, CachedInput), Math.Max(CacheWrite, LongCacheWrite ?? 0));

    /// <summary>What tokens cost, in micro-dollars, not rounded.</summary>
    public decimal CostOf(TokenUsage usage) =>
        (usage.Input * Input) + (usage.CachedInput * CachedInput) + (usage.CacheWrite * CacheWrite)
        + (usage.LongCacheWrite * (LongCacheWrite ?? CacheWrite)) + (usage.Output * Output);
}
