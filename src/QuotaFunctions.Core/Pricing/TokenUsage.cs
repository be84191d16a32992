namespace QuotaFunctions.Core.Pricing;

/// <summary>The tokens of a call, as they are priced: every token of the prompt counts once, by where it came from. None is below 0.</summary>
/// <param name="Input">Tokens of the prompt that no cache had a part in.</param>
/// <param name="Output">Tokens that the model wrote, thoughts among them.</param>
public readonly record struct TokenUsage(long Input, long Output)
{
    private readonly long? _total;

    /// <summary>Tokens of the prompt that were read from a cache.</summary>
    public long CachedInput { get; init; }

    /// <summary>Tokens of the prompt that were written to a cache, but for <see cref="LongCacheWrite"/>.</summary>
    public long CacheWrite { get; init; }

    /// <summary>Tokens of the prompt that were written to a cache for an hour, where that has a price of its own.</summary>
    public long LongCacheWrite { get; init; }

    /// <summary>All tokens: what the upstream gives as the total, else the sum.</summary>
    public long Total
    {
        get => _total ?? Prompt + Output;
        init => _total = value;
    }

    /// <summary>Tokens of the prompt, those of a cache among them.</summary>
    public long Prompt => Input + CachedInput + CacheWrite + LongCacheWrite;
}
