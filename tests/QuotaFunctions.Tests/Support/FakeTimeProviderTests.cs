using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Tests.Support;

public sealed class FakeTimeProviderTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void Time_passes_only_when_it_is_told_to()
    {
        var start = _clock.GetUtcNow();
        var timestamp = _clock.GetTimestamp();
        _clock.Advance(TimeSpan.FromSeconds(90));

        Assert.Equal(start.AddSeconds(90), _clock.GetUtcNow());
        Assert.Equal(TimeSpan.FromSeconds(90), _clock.GetElapsedTime(timestamp));
    }

    [Fact]
    public async Task A_delay_ends_when_its_time_has_come_and_not_before()
    {
        var delay = Task.Delay(TimeSpan.FromMinutes(1), _clock);
        _clock.Advance(TimeSpan.FromSeconds(59.999));
        Assert.False(delay.IsCompleted);
        Assert.Equal(1, _clock.TimerCount);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        await delay;
        Assert.Equal(0, _clock.TimerCount);
    }

    [Fact]
    public void Timers_fire_in_order_each_at_its_own_time()
    {
        var fired = new List<string>();
        using var second = Timer("two", 2, Timeout.InfiniteTimeSpan);
        using var first = Timer("one", 1, TimeSpan.FromSeconds(2));
        _clock.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(["one at 1", "two at 2", "one at 3", "one at 5"], fired);

        ITimer Timer(string name, int due, TimeSpan period)
        {
            var start = _clock.GetUtcNow();
            return _clock.CreateTimer(_ => fired.Add($"{name} at {(_clock.GetUtcNow() - start).TotalSeconds}"), null, TimeSpan.FromSeconds(due), period);
        }
    }

    [Fact]
    public void A_timer_that_was_changed_or_disposed_keeps_to_that()
    {
        var fired = 0;
        var timer = _clock.CreateTimer(_ => fired++, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        Assert.True(timer.Change(TimeSpan.FromSeconds(3), Timeout.InfiniteTimeSpan));
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(0, fired);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, fired);
        timer.Dispose();
        Assert.False(timer.Change(TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan));
        _clock.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(1, fired);
    }

    [Fact]
    public void A_jump_of_the_wall_clock_lets_no_time_pass()
    {
        var fired = false;
        using var timer = _clock.CreateTimer(_ => fired = true, null, TimeSpan.FromSeconds(10), Timeout.InfiniteTimeSpan);
        var timestamp = _clock.GetTimestamp();
        var earlier = _clock.GetUtcNow().AddHours(-1);
        _clock.JumpTo(earlier);

        Assert.Equal(earlier, _clock.GetUtcNow());
        Assert.Equal(timestamp, _clock.GetTimestamp());
        _clock.JumpTo(earlier.AddDays(1));
        Assert.False(fired);
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.True(fired);
        Assert.Equal(earlier.AddDays(1).AddSeconds(10), _clock.GetUtcNow());
    }
}
