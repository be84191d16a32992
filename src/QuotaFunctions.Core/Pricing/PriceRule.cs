using System.Globalization;

namespace QuotaFunctions.Core.Pricing;

/// <summary>What an operator says that models cost: <c>gpt-4o* input=2.5 cached=1.25 output=10</c>.</summary>
/// <param name="Pattern">Models; <c>*</c> fits every request.</param>
/// <param name="Price">What they cost.</param>
public sealed record PriceRule(string Pattern, ModelPrice Price)
{
    /// <summary>How a rule is written.</summary>
    public const string Form = "a list such as gpt-4o* input=2.5 cached=1.25 output=10, flux-* request=0.04: models with * at the end only, and of each"
        + " input and output, or request; besides cached, cache_write, cache_write_1h (US dollars per million tokens) and max_output (tokens)";

    /// <summary>The greatest price of a million tokens, and of a request, in US dollars.</summary>
    public const decimal MaxPrice = 1_000_000;

    private const string Input = "input", Cached = "cached", CacheWrite = "cache_write", LongCacheWrite = "cache_write_1h", Output = "output",
        Request = "request", MaxOutput = "max_output";

    private static readonly string[] Names = [Input, Cached, CacheWrite, LongCacheWrite, Output, Request, MaxOutput];

    /// <summary>Reads rules. False where one is none: then none is returned.</summary>
    public static bool TryParse(IEnumerable<string> texts, out IReadOnlyList<PriceRule> rules)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var read = new List<PriceRule>();
        foreach (var text in texts)
        {
            if (!TryParse(text, out PriceRule rule))
            {
                rules = [];
                return false;
            }

            read.Add(rule);
        }

        rules = read;
        return true;
    }

    /// <summary>Reads a rule. False where it is none.</summary>
    public static bool TryParse(string text, out PriceRule rule)
    {
        ArgumentNullException.ThrowIfNull(text);
        rule = null!;
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var values = new Dictionary<string, decimal>();
        foreach (var word in words.Skip(1))
        {
            var parts = word.Split('=');
            if (parts.Length != 2 || !Names.Contains(parts[0]) || !TryParsePrice(parts[1], out var value) || !values.TryAdd(parts[0], value))
            {
                return false;
            }
        }

        if (words.Length < 2 || !Accounts.Pattern.IsValid(words[0]) || !IsEnough(values))
        {
            return false;
        }

        var input = values.GetValueOrDefault(Input);
        var rates = new TokenRates(input, values.GetValueOrDefault(Output))
        {
            CachedInput = values.GetValueOrDefault(Cached, input),
            CacheWrite = values.GetValueOrDefault(CacheWrite, input),
            LongCacheWrite = values.TryGetValue(LongCacheWrite, out var longWrite) ? longWrite : null,
        };
        rule = new PriceRule(words[0], new ModelPrice(rates)
        {
            PerRequest = values.GetValueOrDefault(Request),
            MaxOutputTokens = values.TryGetValue(MaxOutput, out var most) ? (long)most : null,
        });
        return true;
    }

    /// <summary>Whether a model is meant.</summary>
    /// <param name="model">The model that a request names, or null.</param>
    public bool Fits(string? model) =>
        Pattern == "*" || (model is not null && Accounts.Pattern.Matches(Pattern, model, StringComparison.OrdinalIgnoreCase));

    // A price that was forgotten must not be one of 0
    private static bool IsEnough(Dictionary<string, decimal> values)
    {
        var hasBoth = values.ContainsKey(Input) && values.ContainsKey(Output);
        var hasNone = !values.ContainsKey(Input) && !values.ContainsKey(Output);
        return (hasBoth || (hasNone && values.ContainsKey(Request)))
            && (!values.TryGetValue(MaxOutput, out var most) || (most >= 1 && most == decimal.Floor(most)));
    }

    private static bool TryParsePrice(string text, out decimal price) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out price) && price is >= 0 and <= MaxPrice;
}
