using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Tests.Hosting;

public sealed class NewestFirstIdTests
{
    private const string Random = "0123456789abcdef0123456789abcdef";

    [Fact]
    public void An_id_says_its_moment()
    {
        var at = new DateTimeOffset(2026, 11, 29, 12, 30, 15, TimeSpan.Zero);

        var id = NewestFirstId.New(at);

        Assert.True(NewestFirstId.IsId(id));
        Assert.Equal(at, NewestFirstId.At(id));
    }

    [Theory]
    [InlineData("0516297696000000000-" + Random, true)]
    [InlineData("3155378975999999999-" + Random, true)]
    [InlineData("3155378976000000000-" + Random, false)]
    [InlineData("9999999999999999999-" + Random, false)]
    [InlineData("516297696000000000-" + Random, false)]
    [InlineData("0516297696000000000-" + Random + "0", false)]
    [InlineData("0516297696000000000", false)]
    [InlineData("", false)]
    public void Only_what_a_moment_can_be_made_of_is_an_id(string text, bool expected) => Assert.Equal(expected, NewestFirstId.IsId(text));
}
