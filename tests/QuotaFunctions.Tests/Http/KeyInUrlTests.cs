using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Http;

namespace QuotaFunctions.Tests.Http;

public sealed class KeyInUrlTests
{
    private static readonly string Key = KeySecret.New("trial").Reveal();

    [Theory]
    [InlineData("?key=#")]
    [InlineData("?a=1&api_key=#&b=2")]
    [InlineData("?#")]
    [InlineData("?auth=Bearer%20#")]
    [InlineData("?auth=Bearer+#")]
    [InlineData("https://user:#@host/path")]
    [InlineData("/path/#/more")]
    public void It_is_found_wherever_it_stands(string url) => Assert.True(KeyInUrl.IsIn(url.Replace("#", Key, StringComparison.Ordinal)));

    [Fact]
    public void And_however_often_it_is_encoded()
    {
        var url = "?key=%" + ((int)Key[0]).ToString("x2", null) + Key[1..];
        for (var i = 0; i < 4; i++)
        {
            Assert.True(KeyInUrl.IsIn(url), url);
            url = url.Replace("%", "%25", StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_is_no_key_is_none()
    {
        Assert.False(KeyInUrl.IsIn(""));
        Assert.False(KeyInUrl.IsIn("?key=sk-from-elsewhere&q=trial_x"));
        Assert.False(KeyInUrl.IsIn("?key=" + Key[..^1]));
        Assert.False(KeyInUrl.IsIn("?key=" + Key[..^1] + (Key[^1] == 'x' ? 'y' : 'x')));
    }
}
