using QuotaFunctions.Core.Mailing;

namespace QuotaFunctions.Tests.Mailing;

public sealed class MailRetryTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 5)]
    [InlineData(4, 15)]
    [InlineData(5, 30)]
    [InlineData(6, 60)]
    [InlineData(7, 60)]
    [InlineData(1000, 60)]
    public void Pauses_grow_to_an_hour(int attempts, int minutes) => Assert.Equal(TimeSpan.FromMinutes(minutes), MailRetry.Pause(attempts, TimeSpan.Zero));

    [Fact]
    public void A_day_after_the_first_attempt_there_is_no_other()
    {
        Assert.NotNull(MailRetry.Pause(1, TimeSpan.FromHours(24) - TimeSpan.FromMinutes(1)));
        Assert.Null(MailRetry.Pause(1, TimeSpan.FromHours(24) - TimeSpan.FromMinutes(1) + TimeSpan.FromTicks(1)));
        Assert.Null(MailRetry.Pause(1, TimeSpan.FromDays(3)));
    }

    [Fact]
    public void A_server_that_is_away_for_a_day_is_asked_29_times()
    {
        var (attempts, since) = (1, TimeSpan.Zero);
        while (MailRetry.Pause(attempts, since) is { } pause)
        {
            (attempts, since) = (attempts + 1, since + pause);
        }

        Assert.Equal(29, attempts);
        Assert.InRange(since, TimeSpan.FromHours(23), TimeSpan.FromHours(24));
    }
}
