using QuotaFunctions.Core.Validation;
using QuotaFunctions.Http;

namespace QuotaFunctions.Tests.Http;

public sealed class QueryFieldsTests
{
    [Fact]
    public void What_is_given_is_read_and_the_rest_has_its_default()
    {
        var fields = Of("?n=7&t=a%20b&m=2030-01-31T23:59:59Z");
        Assert.Equal(7, fields.Number("n", 1, 1, 10));
        Assert.Equal(1, fields.Number("other", 1, 1, 10));
        Assert.Equal("a b", fields.Text("t"));
        Assert.Null(fields.Text("none"));
        Assert.Equal(new DateTimeOffset(2030, 1, 31, 23, 59, 59, TimeSpan.Zero), fields.Timestamp("m"));
        fields.ThrowIfInvalid();
    }

    [Fact]
    public void A_moment_may_have_nine_digits_after_the_second() => Assert.Equal(
        new DateTimeOffset(2026, 12, 31, 1, 3, 2, TimeSpan.Zero).AddTicks(1_234_567), Of("?m=2026-12-31T09:03:02.123456789+08:00").Timestamp("m"));

    [Fact]
    public void The_plus_of_an_offset_may_come_as_a_blank() =>
        Assert.Equal(new DateTimeOffset(2030, 1, 31, 21, 59, 59, TimeSpan.Zero), Of("?m=2030-01-31T23:59:59+02:00").Timestamp("m"));

    [Theory]
    [InlineData("?n=0")]
    [InlineData("?n=11")]
    [InlineData("?n=-1")]
    [InlineData("?n=+1")]
    [InlineData("?n=1.0")]
    [InlineData("?n=1e0")]
    [InlineData("?n=99999999999999999999")]
    [InlineData("?n=x")]
    [InlineData("?n=")]
    [InlineData("?n")]
    [InlineData("?n=1&n=2")]
    public void A_number_is_given_once_and_within_limits(string query) => Assert.Equal(["n"], ValidationErrors(query, fields => fields.Number("n", 1, 1, 10)));

    [Theory]
    [InlineData("?m=yesterday")]
    [InlineData("?m=2030-01-31")]
    [InlineData("?m=2030-01-31T23:59:59")]
    [InlineData("?m= 00:00")]
    public void A_moment_has_an_offset(string query) => Assert.Equal(["m"], ValidationErrors(query, fields => fields.Timestamp("m")));

    [Fact]
    public void Text_has_an_end()
    {
        Assert.Equal(200, Of($"?t={new string('x', 200)}").Text("t")!.Length);
        Assert.Equal(["t"], ValidationErrors($"?t={new string('x', 201)}", fields => fields.Text("t")));
        Assert.Equal(["t"], ValidationErrors("?t=%00", fields => fields.Text("t")));
    }

    [Fact]
    public void What_nobody_asked_for_is_a_fault() => Assert.Equal(["form"], ValidationErrors("?form=2030-01-31T23:59:59Z", fields => fields.Timestamp("from")));

    private static QueryFields Of(string query) => new(TestRequests.Context(query: query).Request.Query);

    private static IEnumerable<string> ValidationErrors(string query, Action<QueryFields> read)
    {
        var fields = Of(query);
        read(fields);
        return Assert.Throws<InvalidRequestException>(fields.ThrowIfInvalid).Errors.Keys;
    }
}
