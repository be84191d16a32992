using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Tests.Validation;

public sealed class TimestampsTests
{
    [Theory]
    [InlineData("2030-01-31T23:59:59Z", "2030-01-31T23:59:59Z")]
    [InlineData("2030-01-31T23:59:59.1200000Z", "2030-01-31T23:59:59.12Z")]
    [InlineData("2030-01-31T23:59Z", "2030-01-31T23:59:00Z")]
    [InlineData("2030-01-31t23:59:59z", "2030-01-31T23:59:59Z")]
    [InlineData("2030-01-31T23:59:59+05:30", "2030-01-31T18:29:59Z")]
    [InlineData("2000-01-01T00:00:00Z", "2000-01-01T00:00:00Z")]
    [InlineData("2026-12-31T09:03:02.123456789Z", "2026-12-31T09:03:02.1234567Z")] // Go's RFC3339Nano, Java's Instant
    [InlineData("2026-12-31T09:03:02.123456789+08:00", "2026-12-31T01:03:02.1234567Z")]
    [InlineData("2026-12-31T23:59:59.9999999999999Z", "2026-12-31T23:59:59.9999999Z")] // cut, not rounded into the next year
    [InlineData("2026-12-31T09:03+08:00", "2026-12-31T01:03:00Z")] // Java's OffsetDateTime, without seconds that are 0
    [InlineData("2026-12-31T09:03:02.123456+00:00", "2026-12-31T09:03:02.123456Z")] // Python's isoformat
    [InlineData("2026-12-31 09:03:02.123456-03:30", "2026-12-31T12:33:02.123456Z")] // Python's str
    [InlineData("2026-12-31T09:03:02.123Z", "2026-12-31T09:03:02.123Z")] // JavaScript's toISOString
    [InlineData("2026-12-31T09:03:02-00:00", "2026-12-31T09:03:02Z")]
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
    [InlineData("2030-01-31T24:00:00Z")]
    [InlineData("2030-01-31T23:60:00Z")]
    [InlineData("2030-01-31T23:59:61Z")]
    [InlineData("2030-02-30T23:59:59Z")]
    [InlineData("2030-01-31T23:59:59.Z")]
    [InlineData("2030-01-31T23:59:59.123456789")]
    [InlineData("2030-01-31T23:59:59.12345678xZ")]
    [InlineData("2030-01-31T23:59:59.٣Z")]
    [InlineData("1767225600")]
    public void Anything_else_is_none(string? text) => Assert.False(Timestamps.TryParse(text, out _));
}
