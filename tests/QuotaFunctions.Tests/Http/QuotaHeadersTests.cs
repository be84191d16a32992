using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Http;

namespace QuotaFunctions.Tests.Http;

public sealed class QuotaHeadersTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly HttpResponse _response = new DefaultHttpContext().Response;

    [Fact]
    public void A_plain_quota()
    {
        Write(new QuotaSnapshot { Type = QuotaType.Count, Limit = 1000, Used = 151, Remaining = 849 }, charged: 3);

        Assert.Equal("\"quota\";q=1000", Header("RateLimit-Policy"));
        Assert.Equal("\"quota\";r=849", Header("RateLimit"));
        Assert.Equal("1000", Header("X-Quota-Limit"));
        Assert.Equal("849", Header("X-Quota-Remaining"));
        Assert.Equal("3", Header("X-Quota-Charged"));
    }

    [Fact]
    public void With_a_rate_and_a_refill()
    {
        Write(new QuotaSnapshot
        {
            Type = QuotaType.Count,
            Limit = 10,
            Used = 0,
            Remaining = 10,
            ResetsAt = Now.AddSeconds(90.2),
            RateLimitPerMinute = 60,
            RateRemaining = 59,
            RateResetsIn = TimeSpan.FromSeconds(42),
        });

        Assert.Equal("\"quota\";q=10, \"minute\";q=60;w=60", Header("RateLimit-Policy"));
        Assert.Equal("\"quota\";r=10;t=91, \"minute\";r=59;t=42", Header("RateLimit"));
    }

    [Fact]
    public void In_tokens()
    {
        Write(new QuotaSnapshot { Type = QuotaType.Count, Unit = QuotaUnit.Tokens, Limit = 10, Used = 0, Remaining = 10 });

        Assert.Equal("\"quota\";q=10;qu=\"tokens\"", Header("RateLimit-Policy"));
    }

    [Fact]
    public void In_dollars_the_structured_fields_have_whole_millionths()
    {
        Write(new QuotaSnapshot { Type = QuotaType.Count, Unit = QuotaUnit.Usd, Limit = 5_000_000, Used = 250_000, Remaining = 4_750_000 }, charged: 1);

        Assert.Equal("\"quota\";q=5000000;qu=\"micro-usd\"", Header("RateLimit-Policy"));
        Assert.Equal("\"quota\";r=4750000", Header("RateLimit"));
        Assert.Equal("5", Header("X-Quota-Limit"));
        Assert.Equal("4.75", Header("X-Quota-Remaining"));
        Assert.Equal("0.000001", Header("X-Quota-Charged"));
    }

    [Fact]
    public void Without_a_limit()
    {
        Write(new QuotaSnapshot { Type = QuotaType.Time, Limit = null, Used = 0, Remaining = null });

        Assert.Equal("\"quota\";q=999999999999999", Header("RateLimit-Policy"));
        Assert.Equal("\"quota\";r=999999999999999", Header("RateLimit"));
        Assert.Equal("unlimited", Header("X-Quota-Limit"));
        Assert.Equal("unlimited", Header("X-Quota-Remaining"));
    }

    [Fact]
    public void What_is_overdrawn_is_nothing_left_in_the_structured_field()
    {
        Write(new QuotaSnapshot { Type = QuotaType.Count, Limit = 10, Used = 15, Remaining = -5, ResetsAt = Now.AddSeconds(-1) });

        Assert.Equal("\"quota\";r=0;t=0", Header("RateLimit"));
    }

    [Fact]
    public void Whether_they_are_there()
    {
        Assert.False(QuotaHeaders.AreIn(_response));
        Write(new QuotaSnapshot { Type = QuotaType.Count, Limit = 10, Used = 0, Remaining = 10 });
        Assert.True(QuotaHeaders.AreIn(_response));
        Assert.False(_response.Headers.ContainsKey("X-Quota-Charged"));
    }

    private void Write(QuotaSnapshot quota, long? charged = null) => QuotaHeaders.Write(_response, quota, Now, charged);

    private string Header(string name) => _response.Headers[name].ToString();
}
