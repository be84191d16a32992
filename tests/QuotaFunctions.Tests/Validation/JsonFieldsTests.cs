using System.Text;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Tests.Validation;

public sealed class JsonFieldsTests
{
    private enum Colour
    {
        Red,
        Blue,
    }

    [Fact]
    public void What_is_absent_stays()
    {
        var fields = Of("{}");
        Assert.Equal("a", fields.Text("t", "a"));
        Assert.Equal("a", fields.TextOrNull("t", "a"));
        Assert.Equal(1, fields.Number("n", 1));
        Assert.Equal(1, fields.NumberOrNull("n", 1));
        Assert.True(fields.Flag("f", true));
        Assert.Equal(DateTimeOffset.UnixEpoch, fields.MomentOrNull("m", DateTimeOffset.UnixEpoch));
        Assert.Equal(Colour.Blue, fields.Word("w", Colour.Blue, Colour.Red, Colour.Blue));
        Assert.Equal(["a"], fields.Texts("l", ["a"]));
        Assert.Single(fields.Map("o", new Dictionary<string, string> { ["a"] = "b" }));
        Assert.False(fields.Within("i", out _, out var cleared));
        Assert.False(cleared);
        fields.ThrowIfInvalid();
    }

    [Fact]
    public void What_is_there_is_taken()
    {
        var fields = Of("""{"t":"x","n":-7,"f":false,"m":"2030-01-31T23:59:59.5+02:00","w":"red","l":["x","y"],"o":{"k":"v"},"i":{"n":9223372036854775807}}""");
        Assert.Equal("x", fields.Text("t", "a"));
        Assert.Equal(-7, fields.Number("n", 1));
        Assert.False(fields.Flag("f", true));
        Assert.Equal(new DateTimeOffset(2030, 1, 31, 21, 59, 59, 500, TimeSpan.Zero), fields.MomentOrNull("m", null));
        Assert.Equal(Colour.Red, fields.Word("w", Colour.Blue, Colour.Red, Colour.Blue));
        Assert.Equal(["x", "y"], fields.Texts("l", []));
        Assert.Equal("v", fields.Map("o", new Dictionary<string, string>())["k"]);
        Assert.True(fields.Within("i", out var inner, out _));
        Assert.Equal(long.MaxValue, inner.NumberOrNull("n", null));
        fields.ThrowIfInvalid();
    }

    [Fact]
    public void Null_clears_what_may_be_cleared()
    {
        var fields = Of("""{"t":null,"n":null,"m":null,"l":null,"o":null,"i":null}""");
        Assert.Null(fields.TextOrNull("t", "a"));
        Assert.Null(fields.NumberOrNull("n", 1));
        Assert.Null(fields.MomentOrNull("m", DateTimeOffset.UnixEpoch));
        Assert.Empty(fields.Texts("l", ["a"]));
        Assert.Empty(fields.Map("o", new Dictionary<string, string> { ["a"] = "b" }));
        Assert.False(fields.Within("i", out _, out var cleared));
        Assert.True(cleared);
        fields.ThrowIfInvalid();
    }

    [Theory]
    [InlineData("null")]
    [InlineData("1")]
    [InlineData("true")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("\"\\ud800\"")]
    public void Text_is_text(string json) => Assert.Equal("must be text.", Fault(json, fields => fields.Text("x", "")));

    [Theory]
    [InlineData("null")]
    [InlineData("\"1\"")]
    [InlineData("1.5")]
    [InlineData("1e400")]
    [InlineData("9223372036854775808")]
    [InlineData("true")]
    [InlineData("[1]")]
    public void A_number_is_a_whole_number(string json) => Assert.Equal("must be a whole number.", Fault(json, fields => fields.Number("x", 0)));

    [Theory]
    [InlineData("null")]
    [InlineData("0")]
    [InlineData("\"true\"")]
    public void A_flag_is_true_or_false(string json) => Assert.Equal("must be true or false.", Fault(json, fields => fields.Flag("x", false)));

    [Theory]
    [InlineData("\"2030-01-31T23:59:59\"")]
    [InlineData("\"2030-01-31\"")]
    [InlineData("\"tomorrow\"")]
    [InlineData("\"2030-02-30T00:00:00Z\"")]
    [InlineData("\"9999-12-31T23:59:59Z\"")]
    [InlineData("\"0001-01-01T00:00:00+01:00\"")]
    [InlineData("1893456000")]
    [InlineData("{}")]
    public void A_moment_has_an_offset(string json) => Assert.Equal(Timestamps.Fault, Fault(json, fields => fields.MomentOrNull("x", null)));

    [Theory]
    [InlineData("null")]
    [InlineData("\"RED\"")]
    [InlineData("\"green\"")]
    [InlineData("0")]
    public void A_word_is_one_of_those_given(string json) =>
        Assert.Equal("must be one of: red, blue.", Fault(json, fields => fields.Word("x", Colour.Blue, Colour.Red, Colour.Blue)));

    [Theory]
    [InlineData("\"a\"")]
    [InlineData("[1]")]
    [InlineData("[null]")]
    [InlineData("{}")]
    public void A_list_holds_texts(string json) => Assert.Equal("must be a list of texts.", Fault(json, fields => fields.Texts("x", [])));

    [Theory]
    [InlineData("[]")]
    [InlineData("{\"a\":1}")]
    [InlineData("{\"a\":null}")]
    public void A_map_holds_texts(string json) =>
        Assert.Equal("must be an object whose values are texts.", Fault(json, fields => fields.Map("x", new Dictionary<string, string>())));

    [Theory]
    [InlineData("[]")]
    [InlineData("\"a\"")]
    public void What_is_within_is_an_object(string json) => Assert.Equal("must be a JSON object.", Fault(json, fields => fields.Within("x", out _, out _)));

    [Fact]
    public void What_nobody_asked_for_is_a_fault_at_every_depth()
    {
        var fields = Of("""{"a":1,"b":{"c":2,"d":3}}""");
        Assert.True(fields.Within("b", out var inner, out _));
        inner.Number("c", 0);
        Assert.Equal(["a", "b.d"], Errors(fields).Keys.Order());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{\"a\":1,}")]
    [InlineData("{'a':1}")]
    [InlineData("{\"a\":NaN}")]
    [InlineData("{\"a\":1}{}")]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("{\"a\":{\"b\":1,\"b\":2}}")]
    [InlineData("{/* */}")]
    [InlineData("\u0000")]
    [InlineData("{\"\\udc00\":\"a\"}")]
    [InlineData("{\"a\":{\"\\ud800\":1}}")]
    public void What_is_not_JSON_is_refused(string text) =>
        Assert.Equal(["body"], Assert.Throws<InvalidRequestException>(() => JsonFields.Parse(Encoding.UTF8.GetBytes(text))).Errors.Keys);

    [Fact]
    public void Depth_has_a_limit()
    {
        JsonFields.Parse(Nested(JsonFields.MaxDepth));
        Assert.Throws<InvalidRequestException>(() => JsonFields.Parse(Nested(JsonFields.MaxDepth + 1)));
        Assert.Throws<InvalidRequestException>(() => JsonFields.Parse(Nested(100_000)));

        static byte[] Nested(int depth) => Encoding.UTF8.GetBytes(new string('[', depth) + new string(']', depth));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("1")]
    [InlineData("null")]
    public void A_body_is_an_object(string json) => Assert.Equal("must be a JSON object.", Assert.Single(Errors(Of(json))["body"]));

    [Fact]
    public void A_byte_order_mark_does_no_harm()
    {
        var fields = JsonFields.Of(JsonFields.Parse([0xEF, 0xBB, 0xBF, .. "{\"n\":1}"u8]));
        Assert.Equal(1, fields.Number("n", 0));
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_no_text()
    {
        byte[] json = [.. "{\"x\":\""u8, 0xC3, 0x28, .. "\"}"u8];
        var exception = Assert.Throws<InvalidRequestException>(() =>
        {
            var fields = JsonFields.Of(JsonFields.Parse(json));
            fields.Text("x", "");
            fields.ThrowIfInvalid();
        });
        Assert.Single(exception.Errors);
    }

    [Fact]
    public void Very_many_fields_are_not_all_repeated_in_the_answer()
    {
        var json = "{" + string.Join(',', Enumerable.Range(0, 100_000).Select(i => $"\"f{i}\":1")) + "}";
        Assert.InRange(Errors(Of(json)).Count, 1, 201);
    }

    private static JsonFields Of(string json) => JsonFields.Of(JsonFields.Parse(Encoding.UTF8.GetBytes(json)));

    private static IReadOnlyDictionary<string, string[]> Errors(JsonFields fields) => Assert.Throws<InvalidRequestException>(fields.ThrowIfInvalid).Errors;

    private static string Fault(string json, Action<JsonFields> read)
    {
        var fields = Of($$"""{"x":{{json}}}""");
        read(fields);
        return Assert.Single(Errors(fields)["x"]);
    }
}
