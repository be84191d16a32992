using System.Text;
using QuotaFunctions.Core.Proxying;

namespace QuotaFunctions.Tests.Proxying;

public class BodySpliceTests
{
    [Theory]
    [InlineData(0, 0, "xabcdef")]
    [InlineData(2, 0, "abxcdef")]
    [InlineData(6, 0, "abcdefx")]
    [InlineData(0, 6, "x")]
    [InlineData(1, 3, "axef")]
    public void Puts_the_text_in_place_of_the_part(int start, int length, string expected) =>
        Assert.Equal(expected, Encoding.ASCII.GetString(BodySplice.Splice("abcdef"u8.ToArray(), start, length, "x"u8).Span));

    [Fact]
    public void Leaves_the_body_that_it_was_given_alone()
    {
        var body = "abc"u8.ToArray();
        BodySplice.Splice(body, 0, 3, ""u8);
        Assert.Equal("abc"u8.ToArray(), body);
    }
}
