using System.Globalization;
using System.Text;
using System.Text.Json;
using QuotaFunctions.Core.Pricing;
using QuotaFunctions.Core.Proxying;
using QuotaFunctions.TestSupport;
using QuotaFunctions.Tests.Proxying;

namespace QuotaFunctions.Tests.Pricing;

/// <summary>The list of prices that comes with the service, and how a model is found in it.</summary>
public sealed class PriceListTests
{
    private static readonly DateOnly Day = new(2026, 11, 29);

    [Theory]
    [InlineData("a-model", 1)]
    [InlineData("A-Model", 1)]
    [InlineData("a-model-2025-08-07", 1)]
    [InlineData("a-model-20250807", 1)]
    [InlineData("a-model-0807", 1)]
    [InlineData("a-model-001", 1)]
    [InlineData("a-model-2024-05-13", 5)]
    [InlineData("another-name", 1)]
    [InlineData("a-model-mini", null)]
    [InlineData("a-model-1", null)]
    [InlineData("a", null)]
    public void A_model_is_found_by_its_name_or_that_of_a_version(string model, int? price)
    {
        var list = Read("""[{"names":["a-model","another-name"],"input":1,"output":2},{"names":["a-model-2024-05-13"],"input":5,"output":15}]""");

        Assert.Equal(price, list.Find("vendor", model, Day)?.Rates.Input);
        Assert.Null(list.Find("another", model, Day));
    }

    [Fact]
    public void A_price_holds_until_its_last_day()
    {
        var list = Read("""[{"names":["m"],"input":1,"output":1,"until":"2026-12-31"},{"names":["m"],"input":2,"output":2}]""");

        Assert.Equal(1, list.Find("vendor", "m", new DateOnly(2026, 12, 31))!.Rates.Input);
        Assert.Equal(2, list.Find("vendor", "m", new DateOnly(2027, 1, 1))!.Rates.Input);
    }

    [Fact]
    public void Everything_is_read()
    {
        var price = Read("""
            [{"names":["m"],"input":1,"output":2,"cached":0.1,"cache_write":1.25,"cache_write_1h":2,"request":0.5,"max_output":7,
              "long_prompts":[{"above":10,"input":3,"output":4}]}]
            """).Find("vendor", "m", Day)!;

        Assert.Equal(new TokenRates(1, 2) { CachedInput = 0.1m, CacheWrite = 1.25m, LongCacheWrite = 2 }, price.Rates);
        Assert.Equal((0.5m, 7), (price.PerRequest, price.MaxOutputTokens));
        Assert.Equal([new LongPromptRates(10, new TokenRates(3, 4))], price.LongPrompts);
    }

    [Theory]
    [InlineData("https://api.openai.com", null, "gpt-4o", 2.5)]
    [InlineData("https://api.openai.com", "gpt-4o* input=7 output=8", "gpt-4o", 7.0)]
    [InlineData("https://api.openai.com", "gpt-4o input=7 output=8, gpt-* input=9 output=9", "gpt-4o-mini", 9.0)]
    [InlineData("https://api.openai.com", "* input=9 output=9", null, 9.0)]
    [InlineData("https://api.openai.com", null, null, null)]
    [InlineData("https://api.openai.com", null, "unheard-of", null)]
    [InlineData("https://API.openai.com/v1", null, "gpt-4o", 2.5)]
    [InlineData("https://generativelanguage.googleapis.com/v1beta/openai", null, "gemini-2.5-pro", 1.25)]
    [InlineData("https://api.openai.com.example.com", null, "gpt-4o", null)]
    [InlineData("https://elsewhere.example.com", null, "gpt-4o", null)]
    public void An_operators_price_goes_before_the_list(string baseUrl, string? prices, string? model, double? input) =>
        Assert.Equal(input, (double?)ProxySettings.Provider(baseUrl, ("Prices", prices)).PriceOf(model, Day)?.Rates.Input);

    [Theory]
    [InlineData("openai", "gpt-4o", 2.5)]
    [InlineData("azure-openai", "gpt-4o", null)]
    [InlineData("deepseek", "gpt-4o", null)]
    public void The_list_holds_where_its_vendors_preset_is_named(string preset, string model, double? input) =>
        Assert.Equal(input, (double?)ProxySettings.Provider("https://elsewhere.example.com", ("Preset", preset)).PriceOf(model, Day)?.Rates.Input);

    [Fact]
    public void Vendors_are_called_as_their_presets_are()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Repository.PathOf("prices.json")));

        Assert.All(document.RootElement.GetProperty("vendors").EnumerateObject(), vendor => Assert.NotNull(ProviderPresets.Find(vendor.Name)));
    }

    /// <summary>A slip in the list would be paid by somebody.</summary>
    [Fact]
    public void The_list_is_sound()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Repository.PathOf("prices.json")));
        var vendors = document.RootElement.GetProperty("vendors").EnumerateObject().ToList();

        Assert.Equal(["anthropic", "deepseek", "gemini", "openai", "qwen"], vendors.Select(vendor => vendor.Name).Order());
        Assert.True(DateOnly.TryParseExact(document.RootElement.GetProperty("checked").GetString(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _));
        foreach (var vendor in vendors.Select(vendor => vendor.Value))
        {
            Assert.NotEmpty(vendor.GetProperty("sources").EnumerateArray());
            var withoutEnd = new HashSet<string>();
            foreach (var model in vendor.GetProperty("models").EnumerateArray())
            {
                Assert.DoesNotContain(model.EnumerateObject(), field => field.Name is not ("names" or "input" or "output" or "cached" or "cache_write" or "cache_write_1h"
                    or "request" or "max_output" or "long_prompts" or "until" or "unverified"));
                Assert.All(model.GetProperty("names").EnumerateArray(), name => Assert.True(model.TryGetProperty("until", out _) || withoutEnd.Add(name.GetString()!), name.GetString()));
                RatesAreSound(model);
                if (model.TryGetProperty("long_prompts", out var longer))
                {
                    var tiers = longer.EnumerateArray().ToList();
                    Assert.Equal(tiers.Select(tier => tier.GetProperty("above").GetInt64()).Order(), tiers.Select(tier => tier.GetProperty("above").GetInt64()));
                    Assert.All(tiers, RatesAreSound);
                    Assert.All(tiers, tier => Assert.True(tier.GetProperty("input").GetDecimal() > model.GetProperty("input").GetDecimal()));
                }
            }
        }

        static void RatesAreSound(JsonElement rates)
        {
            var input = rates.GetProperty("input").GetDecimal();
            Assert.InRange(input, 0, 1000);
            Assert.InRange(rates.GetProperty("output").GetDecimal(), 0, 1000);
            Assert.True(!rates.TryGetProperty("cached", out var cached) || cached.GetDecimal() < input, rates.ToString());
            Assert.True(!rates.TryGetProperty("cache_write", out var written) || written.GetDecimal() >= input, rates.ToString());
        }
    }

    private static PriceList Read(string models) => PriceList.Read(new MemoryStream(Encoding.UTF8.GetBytes($$$"""{"vendors":{"vendor":{"models":{{{models}}} } } }""")));
}
