using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApiGenerator;

namespace QuotaFunctions.Tests.OpenApiGenerator;

public sealed class SchemaCatalogTests
{
    private readonly SchemaCatalog _schemas = new(XmlDocs.Of(typeof(Routes).Assembly));

    [Fact]
    public void A_response_without_its_suffix_is_the_schemas_name()
    {
        var reference = _schemas.Reference(typeof(OrderResponse), SchemaUse.Response);

        Assert.Equal("#/components/schemas/Order", (string?)reference["$ref"]);
    }

    [Fact]
    public void What_a_response_holds_in_turn_is_a_schema_of_its_own()
    {
        _schemas.Reference(typeof(OrderResponse), SchemaUse.Response);

        Assert.Equal(["Line", "Order"], _schemas.Schemas.Keys);
        Assert.Equal("#/components/schemas/Line", (string?)PropertyOf("Order", "first_line")["$ref"]);
        Assert.Equal("#/components/schemas/Line", (string?)PropertyOf("Order", "lines")["items"]!["$ref"]);
    }

    [Fact]
    public void A_response_requires_all_that_it_never_leaves_out()
    {
        _schemas.Reference(typeof(OrderResponse), SchemaUse.Response);

        Assert.Equal(["id", "first_line", "lines", "note"], _schemas.Schemas["Order"]["required"]!.AsArray().Select(name => (string?)name));
    }

    [Fact]
    public void Only_what_may_be_null_says_so()
    {
        _schemas.Reference(typeof(OrderResponse), SchemaUse.Response);

        Assert.Equal("string", (string?)PropertyOf("Order", "id")["type"]);
        Assert.Equal(["string", "null"], PropertyOf("Order", "note")["type"]!.AsArray().Select(type => (string?)type));

        // Left out where it is null, so that it is never null
        Assert.Equal("string", (string?)PropertyOf("Order", "coupon")["type"]);
    }

    [Fact]
    public void A_request_requires_what_its_type_requires()
    {
        var properties = _schemas.Properties(typeof(NewOrder)).ToDictionary(property => property.Name, property => property.Required);

        Assert.True(properties["id"]);
        Assert.False(properties["note"]);
    }

    [Fact]
    public void A_request_that_has_what_is_not_described_is_wrong()
    {
        _schemas.Reference(typeof(NewOrder), SchemaUse.Request);

        Assert.False((bool?)_schemas.Schemas["NewOrder"]["additionalProperties"]);
    }

    [Fact]
    public void Two_types_do_not_share_a_name()
    {
        _schemas.Reference(typeof(OrderResponse), SchemaUse.Response);

        Assert.Throws<NotSupportedException>(() => _schemas.Reference(typeof(Other.Order), SchemaUse.Response));
    }

    private JsonNode PropertyOf(string schema, string property) => _schemas.Schemas[schema]["properties"]![property]!;

    private sealed record Line(string Article, int Count);

    private sealed record OrderResponse(
        string Id, Line FirstLine, IReadOnlyList<Line> Lines, string? Note, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Coupon);

    private sealed class NewOrder
    {
        public required string Id { get; init; }

        public string? Note { get; init; }
    }

    private static class Other
    {
        public sealed record Order(string Id);
    }
}
