using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Pricing;

/// <summary>
/// What the calls of a model cost. Prices are decimal numbers and so are their sums, so nothing is lost on the way: a call's cost is rounded
/// once, up to whole micro-dollars.
/// </summary>
/// <param name="Rates">Of its tokens.</param>
public sealed record ModelPrice(TokenRates Rates)
{
    /// <summary>Everything costs one for each token: tokens counted as a price.</summary>
    public static readonly ModelPrice OneForEachToken = new(new TokenRates(1, 1));

    /// <summary>US dollars for each request, whatever its tokens.</summary>
    public decimal PerRequest { get; init; }

    /// <summary>The most tokens that an answer has; null where that is not known.</summary>
    public long? MaxOutputTokens { get; init; }

    /// <summary>What the whole call costs where its prompt is long, the shortest first.</summary>
    public IReadOnlyList<LongPromptRates> LongPrompts { get; init; } = [];

    /// <summary>What a call costs, in micro-dollars.</summary>
    public long CostOf(TokenUsage usage) => RoundUp(RequestCost + RatesFor(usage.Prompt).CostOf(usage));

    /// <summary>What a call costs at the most, in micro-dollars: with every token of its prompt at the dearest price.</summary>
    /// <param name="prompt">Tokens of the prompt.</param>
    /// <param name="answer">Tokens of all its answers, at the most.</param>
    public long BoundOf(long prompt, long answer) => RoundUp(BoundOfPrompt(prompt) + (answer * RatesFor(prompt).Output));

    /// <summary>How many tokens all answers of a call may have, so that <see cref="BoundOf"/> is not above an amount.</summary>
    /// <param name="prompt">Tokens of the prompt.</param>
    /// <param name="amount">Micro-dollars.</param>
    public long AnswerWithin(long prompt, long amount)
    {
        var left = amount - BoundOfPrompt(prompt);
        return left <= 0 ? 0 : RatesFor(prompt).Output is > 0 and var price ? (long)Math.Min(long.MaxValue, decimal.Floor(left / price)) : long.MaxValue;
    }

    private decimal RequestCost => PerRequest * QuotaAmount.UnitsPerDollar;

    private decimal BoundOfPrompt(long prompt) => RequestCost + (prompt * RatesFor(prompt).DearestInput);

    private TokenRates RatesFor(long prompt)
    {
        var rates = Rates;
        foreach (var longer in LongPrompts)
        {
            rates = prompt > longer.Above ? longer.Rates : rates;
        }

        return rates;
    }

    // Beyond that nobody has a quota
    private static long RoundUp(decimal amount) => (long)Math.Min(long.MaxValue / 2, decimal.Ceiling(amount));
}

/// <summary>What a call costs whose prompt is long.</summary>
/// <param name="Above">Tokens; a longer prompt is.</param>
/// <param name="Rates">Of all its tokens, not only of those above.</param>
public sealed record LongPromptRates(long Above, TokenRates Rates);
