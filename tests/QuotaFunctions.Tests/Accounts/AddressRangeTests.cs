using System.Net;
using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Tests.Accounts;

public sealed class AddressRangeTests
{
    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7", "203.0.113.8")]
    [InlineData("10.0.0.0/8", "10.255.255.255", "11.0.0.0")]
    [InlineData("0.0.0.0/0", "255.255.255.255", "::1")]
    [InlineData("::1", "::1", "::2")]
    [InlineData("fd00::/8", "fdff::1", "fe00::1")]
    public void It_holds_what_it_says(string text, string inside, string outside)
    {
        var range = AddressRange.Parse(text);
        Assert.True(range.Contains(IPAddress.Parse(inside)));
        Assert.False(range.Contains(IPAddress.Parse(outside)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("example.com")]
    [InlineData("10.0.0.0/33")]
    [InlineData("::/129")]
    public void Anything_else_is_none(string text)
    {
        Assert.False(AddressRange.TryParse(text, out _));
        Assert.Throws<FormatException>(() => AddressRange.Parse(text));
    }
}
