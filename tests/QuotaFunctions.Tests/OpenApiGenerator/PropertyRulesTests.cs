using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using QuotaFunctions.OpenApiGenerator;

namespace QuotaFunctions.Tests.OpenApiGenerator;

public sealed class PropertyRulesTests
{
    [Theory]
    [InlineData(nameof(Sample.Number), """{"minimum":1,"maximum":1000}""")]
    [InlineData(nameof(Sample.Large), """{"minimum":0,"maximum":1000000000000}""")]
    [InlineData(nameof(Sample.Text), """{"minLength":2,"maxLength":8}""")]
    [InlineData(nameof(Sample.Short), """{"maxLength":3}""")]
    [InlineData(nameof(Sample.List), """{"maxItems":5}""")]
    [InlineData(nameof(Sample.Map), """{"maxProperties":4}""")]
    [InlineData(nameof(Sample.Code), """{"pattern":"^[a-z]+$"}""")]
    [InlineData(nameof(Sample.Mail), """{"format":"email"}""")]
    [InlineData(nameof(Sample.Choice), """{"enum":["day","hour"],"default":"day"}""")]
    [InlineData(nameof(Sample.Kind), """{"enum":["utc","local"]}""")]
    [InlineData(nameof(Sample.Free), "{}")]
    public void An_attribute_becomes_the_keyword_that_says_the_same(string property, string expected) =>
        Assert.Equal(expected, RulesOf(property, []).ToJsonString(Compact));

    [Fact]
    public void The_values_of_a_list_are_limited_one_by_one()
    {
        var rules = RulesOf(nameof(Sample.Choices), new JsonObject { ["items"] = new JsonObject { ["type"] = "string" } });

        Assert.Equal("""{"items":{"type":"string","enum":["a","b"]}}""", rules.ToJsonString());
    }

    [Theory]
    [InlineData(nameof(Sample.Card))]
    [InlineData(nameof(Sample.NoLength))]
    public void What_has_no_counterpart_is_refused(string property) =>
        Assert.Throws<NotSupportedException>(() => RulesOf(property, []));

    private static System.Text.Json.JsonSerializerOptions Compact { get; } = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static JsonObject RulesOf(string property, JsonObject schema)
    {
        PropertyRules.Add(schema, typeof(Sample).GetProperty(property)!);
        return schema;
    }

    private enum Clock
    {
        Utc,
        Local,
    }

    private sealed class Sample
    {
        [Range(1, 1000)]
        public int Number { get; init; }

        [Range(0, 1e12)]
        public long Large { get; init; }

        [StringLength(8, MinimumLength = 2)]
        public string? Text { get; init; }

        [MaxLength(3)]
        public string? Short { get; init; }

        [MaxLength(5)]
        public IReadOnlyList<string>? List { get; init; }

        [MaxLength(4)]
        public IReadOnlyDictionary<string, string>? Map { get; init; }

        [RegularExpression("^[a-z]+$")]
        public string? Code { get; init; }

        [EmailAddress]
        public string? Mail { get; init; }

        [AllowedValues("day", "hour")]
        [DefaultValue("day")]
        public string? Choice { get; init; }

        [EnumDataType(typeof(Clock))]
        public string? Kind { get; init; }

        public string? Free { get; init; }

        [AllowedValues("a", "b")]
        public IReadOnlyList<string>? Choices { get; init; }

        [CreditCard]
        public string? Card { get; init; }

        [MaxLength(4)]
        public int NoLength { get; init; }
    }
}
