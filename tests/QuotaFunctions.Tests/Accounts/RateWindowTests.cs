using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Tests.Accounts;

/// <summary>The sliding window: no 60 seconds, wherever they begin, hold more than the rate.</summary>
public sealed class RateWindowTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(5, 2)]
    [InlineData(60, 3)]
    [InlineData(1000, 4)]
    [InlineData(1001, 5)]
    [InlineData(20_000, 6)]
    public void No_60_seconds_hold_more_than_the_rate(int limit, int seed)
    {
        var random = new Random(seed);
        var window = new RateWindow();
        var admitted = new List<long>();
        var now = 1_700_000_000_000L;
        for (var i = 0; i < (limit * 3) + 500; i++)
        {
            now += random.Next(3) == 0 ? random.Next(Math.Max(2, 90_000 / limit)) : 0;
            window.Forget(now);
            if (window.AsOf(now, limit).Count < limit)
            {
                window.Add(now, limit);
                admitted.Add(now);
            }

            window = RateWindow.FromBytes(window.ToBytes());
        }

        for (int first = 0, last = 0; last < admitted.Count; last++)
        {
            while (admitted[first] <= admitted[last] - RateWindow.LengthMs)
            {
                first++;
            }

            Assert.InRange(last - first + 1, 0, limit);
        }

        Assert.InRange(admitted.Count, limit, int.MaxValue);
    }

    [Fact]
    public void An_admission_counts_for_60_seconds_to_the_millisecond()
    {
        var window = new RateWindow();
        window.Add(10_000, limit: 1);

        Assert.Equal((1, 1L), window.AsOf(69_999, 1));
        Assert.Equal((0, 0L), window.AsOf(70_000, 1));
    }

    [Theory]
    [InlineData(10_000, 60)]
    [InlineData(10_001, 60)]
    [InlineData(11_000, 59)]
    [InlineData(69_001, 1)]
    [InlineData(69_999, 1)]
    public void A_full_window_says_to_the_second_when_to_come_again(long now, int seconds)
    {
        var window = new RateWindow();
        window.Add(10_000, limit: 1);

        var wait = QuotaRules.WholeSeconds(window.AsOf(now, 1).NextFreeInMs);

        Assert.Equal(TimeSpan.FromSeconds(seconds), wait);
        Assert.Equal(0, window.AsOf(now + (long)wait.TotalMilliseconds, 1).Count);
    }

    [Fact]
    public void With_a_lowered_rate_it_waits_for_as_many_as_are_too_many()
    {
        var window = new RateWindow();
        window.Add(1_000, limit: 3);
        window.Add(2_000, limit: 3);
        window.Add(3_000, limit: 3);

        Assert.Equal((3, 62_000L - 4_000), window.AsOf(4_000, limit: 2));
    }

    [Fact]
    public void Above_a_thousand_an_admission_stays_until_its_step_has_left()
    {
        var window = new RateWindow();
        window.Add(60_001, limit: RateWindow.ExactLimit + 1);

        Assert.Equal(1, window.AsOf(120_059, RateWindow.ExactLimit + 1).Count);
        Assert.Equal(0, window.AsOf(120_060, RateWindow.ExactLimit + 1).Count);
    }

    [Fact]
    public void A_clock_that_goes_back_frees_nothing()
    {
        var window = new RateWindow();
        window.Add(100_000, limit: 2);
        window.Add(90_000, limit: 2);

        Assert.Equal(2, window.AsOf(155_000, 2).Count);
        Assert.Equal(0, window.AsOf(160_000, 2).Count);
    }

    [Fact]
    public void It_survives_storage_whatever_is_in_it()
    {
        var window = new RateWindow();
        foreach (var at in (long[])[0, 0, 1, 1_700_000_000_000, 1_700_000_000_000, 1_700_000_059_999])
        {
            window.Add(at, limit: 10);
        }

        var read = RateWindow.FromBytes(window.ToBytes());

        Assert.Equal(window.Count, read.Count);
        Assert.Equal(window.ToBytes(), read.ToBytes());
        Assert.Equal(window.AsOf(1_700_000_060_000, 3), read.AsOf(1_700_000_060_000, 3));
        Assert.Equal(0, RateWindow.FromBytes(null).Count);
    }

    [Fact]
    public void A_full_window_fits_into_a_property()
    {
        var window = new RateWindow();
        for (var i = 0; i < 100_000; i++)
        {
            window.Add(1_700_000_000_000 + (i * 3 / 5), limit: 100_000);
        }

        Assert.InRange(window.ToBytes().Length, 1, 60 * 1024);
    }

    /// <summary>An instance whose clock was a day ahead: what it admitted would otherwise stay for that day.</summary>
    [Fact]
    public void What_a_wrong_clock_put_far_ahead_does_not_count()
    {
        var now = 1_700_000_000_000L;
        var window = new RateWindow();
        window.Add(now + 86_400_000, limit: 2);
        window.Add(now + 86_400_000, limit: 2);

        Assert.Equal((0, 0L), window.AsOf(now, limit: 2));
        window.Forget(now);
        window.Add(now, limit: 2);
        Assert.Equal(1, window.Count);
        Assert.Equal((1, 60_000L), RateWindow.FromBytes(window.ToBytes()).AsOf(now, limit: 1));
    }
}
