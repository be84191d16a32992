using System.Text.Json;
using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Tests.Accounts;

public sealed class LatencyHistogramTests
{
    [Theory]
    [InlineData(0.5, 500)]
    [InlineData(0.95, 950)]
    [InlineData(0.99, 990)]
    [InlineData(1, 1000)]
    public void A_quantile_is_told_to_within_10_percent(double share, double right)
    {
        var histogram = new LatencyHistogram();
        foreach (var milliseconds in Enumerable.Range(1, 1000))
        {
            histogram.Add(milliseconds);
        }

        Assert.InRange(histogram.Quantile(share)!.Value, 0.9 * right, 1.1 * right);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1.09)]
    [InlineData(int.MaxValue, 87_000_000)]
    public void Any_time_has_a_bucket(int milliseconds, double told)
    {
        var histogram = new LatencyHistogram();
        histogram.Add(milliseconds);
        Assert.InRange(histogram.Quantile(0.5)!.Value, 0.9 * told, 1.1 * told);
    }

    [Fact]
    public void Nothing_has_no_quantile()
    {
        var (one, other) = (new LatencyHistogram(), new LatencyHistogram());
        one.Add(7);
        other.Add(7);
        one.Add(other, -1);

        Assert.Null(one.Quantile(0.5));
        Assert.True(one.IsEmpty);
    }

    [Fact]
    public void Parts_add_up_and_are_kept_as_they_are()
    {
        var (one, other, both) = (new LatencyHistogram(), new LatencyHistogram(), new LatencyHistogram());
        foreach (var milliseconds in new[] { 0, 3, 3, 80, 12_345 })
        {
            (milliseconds % 2 == 0 ? one : other).Add(milliseconds);
            both.Add(milliseconds);
        }

        one.Add(other);

        Assert.Equal(JsonSerializer.Serialize(both), JsonSerializer.Serialize(one));
        Assert.Equal(JsonSerializer.Serialize(both), JsonSerializer.Serialize(JsonSerializer.Deserialize<LatencyHistogram>(JsonSerializer.Serialize(one))));
    }
}
