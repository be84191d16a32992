using System.Net;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Http;

namespace QuotaFunctions.Tests.Http;

public sealed class AddressLimiterTests
{
    private static readonly IPAddress One = IPAddress.Parse("203.0.113.1");
    private static readonly IPAddress Other = IPAddress.Parse("203.0.113.2");

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void No_minute_has_more_than_the_limit_wherever_it_begins()
    {
        var limiter = New(perMinute: 5);
        var random = new Random(1);
        var admitted = new List<DateTimeOffset>();
        for (var i = 0; i < 5000; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(random.Next(4000)));
            if (limiter.Admit(One) is null)
            {
                admitted.Add(_time.GetUtcNow());
            }
        }

        for (var i = 5; i < admitted.Count; i++)
        {
            Assert.True(admitted[i] - admitted[i - 5] >= TimeSpan.FromMinutes(1));
        }

        // Nor much less
        Assert.InRange(admitted.Count, (admitted[^1] - admitted[0]).TotalSeconds / 66 * 5, double.MaxValue);
    }

    [Fact]
    public void After_the_time_that_it_says_there_is_room_and_not_before()
    {
        var limiter = New(perMinute: 2);
        Assert.Null(limiter.Admit(One));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Null(limiter.Admit(One));
        _time.Advance(TimeSpan.FromSeconds(20));
        var wait = limiter.Admit(One);
        Assert.Equal(TimeSpan.FromSeconds(31), wait);
        Assert.Equal(wait, limiter.Look(One));
        Assert.Null(limiter.Admit(Other));

        _time.Advance(wait!.Value - TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(1), limiter.Admit(One));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(limiter.Look(One));
        Assert.Null(limiter.Admit(One));
        Assert.NotNull(limiter.Admit(One));
    }

    [Fact]
    public void What_is_counted_above_the_limit_keeps_the_address_out_for_as_long()
    {
        var limiter = New(perMinute: 2);
        for (var i = 0; i < 5; i++)
        {
            limiter.Add(One);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        // Until only one is left
        Assert.Equal(TimeSpan.FromSeconds(59), limiter.Look(One));
    }

    [Theory]
    [InlineData("2001:db8::1", "2001:db8::ffff:1:2:3", true)]
    [InlineData("2001:db8::1", "2001:db8:0:1::1", false)]
    [InlineData("203.0.113.1", "203.0.113.2", false)]
    [InlineData("0.0.0.1", "::1", false)]
    public void An_IPv6_network_is_one_address(string one, string other, bool isSame)
    {
        var limiter = New(perMinute: 1);
        Assert.Null(limiter.Admit(IPAddress.Parse(one)));
        Assert.Equal(isSame, limiter.Admit(IPAddress.Parse(other)) is not null);
    }

    [Fact]
    public void The_one_seen_longest_ago_is_forgotten_first()
    {
        var limiter = New(perMinute: 1, maxAddresses: 2);
        Assert.Null(limiter.Admit(One));
        Assert.Null(limiter.Admit(Other));
        Assert.NotNull(limiter.Admit(One));
        Assert.Null(limiter.Admit(IPAddress.Parse("203.0.113.3")));
        Assert.Equal(2, limiter.Count);
        Assert.NotNull(limiter.Look(One));
        Assert.Null(limiter.Look(Other));
    }

    [Fact]
    public void Memory_is_bounded()
    {
        var limiter = New(perMinute: 1, maxAddresses: 100);
        for (var i = 0; i < 10_000; i++)
        {
            limiter.Admit(new IPAddress(i));
        }

        Assert.Equal(100, limiter.Count);
    }

    private AddressLimiter New(int perMinute, int maxAddresses = 10) =>
        new(Options.Create(new AddressLimitOptions { PerMinute = perMinute, MaxAddresses = maxAddresses }), _time);
}
