using QuotaFunctions.LocalHost.Queues;

namespace QuotaFunctions.Tests.LocalHost;

public sealed class PollingDelayTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    [Fact]
    public void Pauses_double_up_to_the_limit_and_start_short_again_after_a_message()
    {
        var delay = new PollingDelay(Limit, new Random(1));
        var first = delay.Next();
        var pauses = Enumerable.Range(0, 40).Select(_ => delay.Next()).ToArray();
        delay.Reset();

        Assert.Equal(TimeSpan.FromMilliseconds(100), first);
        Assert.InRange(pauses[0], TimeSpan.FromMilliseconds(180), TimeSpan.FromMilliseconds(220));
        Assert.InRange(pauses[1], TimeSpan.FromMilliseconds(340), TimeSpan.FromMilliseconds(460));
        Assert.All(pauses[10..], pause => Assert.Equal(Limit, pause));
        Assert.Equal(TimeSpan.FromMilliseconds(100), delay.Next());
    }

    [Fact]
    public void A_limit_as_short_as_the_shortest_pause_makes_all_pauses_equal()
    {
        var delay = new PollingDelay(TimeSpan.FromMilliseconds(100), new Random(1));
        Assert.All(Enumerable.Range(0, 10), _ => Assert.Equal(TimeSpan.FromMilliseconds(100), delay.Next()));
    }
}
