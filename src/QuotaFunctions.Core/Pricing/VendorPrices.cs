using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace QuotaFunctions.Core.Pricing;

/// <summary>A vendor's part of the list of prices.</summary>
/// <param name="models">What each model costs, and until which day; null for without an end.</param>
internal sealed partial class VendorPrices(ILookup<string, (ModelPrice Price, DateOnly? Until)> models)
{
    /// <summary>Reads it.</summary>
    public static VendorPrices Read(JsonElement vendor) => new(
        vendor.GetProperty("models").EnumerateArray()
            .SelectMany(static entry => entry.GetProperty("names").EnumerateArray().Select(name => (Name: name.GetString()!, Entry: entry)))
            .ToLookup(static item => item.Name, static item => (PriceIn(item.Entry), UntilIn(item.Entry)), StringComparer.OrdinalIgnoreCase));

    /// <inheritdoc cref="PriceList.Find"/>
    public ModelPrice? Find(string model, DateOnly day)
    {
        var name = models.Contains(model) ? model : Version().Replace(model, "");
        foreach (var (price, until) in models[name])
        {
            if (until is null || day <= until)
            {
                return price;
            }
        }

        return null;
    }

    private static ModelPrice PriceIn(JsonElement entry) => new(RatesIn(entry))
    {
        PerRequest = NumberIn(entry, "request") ?? 0,
        MaxOutputTokens = (long?)NumberIn(entry, "max_output"),
        LongPrompts = entry.TryGetProperty("long_prompts", out var longer)
            ? [.. longer.EnumerateArray().Select(static tier => new LongPromptRates(tier.GetProperty("above").GetInt64(), RatesIn(tier)))]
            : [],
    };

    private static TokenRates RatesIn(JsonElement entry)
    {
        var input = entry.GetProperty("input").GetDecimal();
        return new TokenRates(input, entry.GetProperty("output").GetDecimal())
        {
            CachedInput = NumberIn(entry, "cached") ?? input,
            CacheWrite = NumberIn(entry, "cache_write") ?? input,
            LongCacheWrite = NumberIn(entry, "cache_write_1h"),
        };
    }

    private static DateOnly? UntilIn(JsonElement entry) =>
        entry.TryGetProperty("until", out var day) ? DateOnly.Parse(day.GetString()!, CultureInfo.InvariantCulture) : null;

    private static decimal? NumberIn(JsonElement entry, string name) => entry.TryGetProperty(name, out var number) ? number.GetDecimal() : null;

    // The vendors name the versions of a model by a date (-2025-08-07, -20251001, -0902) or a number (-001)
    [GeneratedRegex(@"-(\d{4}-\d{2}-\d{2}|\d{8}|\d{3,4})$", RegexOptions.CultureInvariant)]
    private static partial Regex Version();
}
