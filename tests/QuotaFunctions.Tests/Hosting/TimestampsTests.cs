using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Tests.Hosting;

public sealed class TimestampsTests
{
    [Theory]
    [InlineData("2030-01-31T23:59:59Z", "2030-01-31T23:59:59Z")]
    [InlineData("2030-01-31T23:59:59.1200000Z", "2030-01-31T23:59:59.12Z")]
    [InlineData("2030-01-31T23:59Z", "2030-01-31T23:59:00Z")]
    [InlineData("2030-01-31t23:59:59z", "2030-01-31T23:59:59Z")]
    [InlineData("2030-01-31T23:59:59+05:30", "2030-01-31T18:29:59Z")]
    [InlineData("2000-01-01T00:00:00Z", "2000-01-01T00:00:00Z")]
    [InlineData("8999-12-31T23:59:59Z", "8999-12-31T23:59:59Z")]
    public void Moments_are_read_and_written_in_UTC(string text, string written)
    {
        Assert.True(Timestamps.TryParse(text, out var moment));
        Assert.Equal(written, Timestamps.ToText(moment));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("2030-01-31T23:59:59")]
    [InlineData("2030-01-31T23:59:59+25:00")]
    [InlineData("2030-13-31T23:59:59Z")]
    [InlineData("1999-12-31T23:59:59Z")]
    [InlineData("9000-01-01T00:00:00Z")]
    [InlineData("2030-01-31T23:59:59Z\n")]
    [InlineData(" 2030-01-31T23:59:59Z")]
    [InlineData("31.1.2030 23:59:59Z")]
    public void Anything_else_is_none(string? text) => Assert.False(Timestamps.TryParse(text, out _));
}
