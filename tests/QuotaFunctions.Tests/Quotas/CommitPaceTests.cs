using QuotaFunctions.Core.Quotas;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Tests.Quotas;

public sealed class CommitPaceTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly CommitPace _pace;

    public CommitPaceTests() => _pace = new CommitPace(_clock);

    [Fact]
    public void Without_commits_nothing_holds_back() => Assert.Equal(0, _pace.Pressure);

    [Fact]
    public void Commits_that_take_what_they_take_at_best_count_once()
    {
        Note(20, milliseconds: 5);

        Assert.InRange(_pace.Pressure, 1, 1.05);
    }

    [Fact]
    public void Commits_that_take_longer_hold_back_by_as_much()
    {
        Note(1, milliseconds: 2);
        Note(30, milliseconds: 8);

        Assert.InRange(_pace.Pressure, 3.5, 4);
    }

    [Fact]
    public void It_does_not_hold_back_without_end()
    {
        Note(1, milliseconds: 1);
        Note(30, milliseconds: 1000);

        Assert.Equal(CommitPace.MaxPressure, _pace.Pressure);
    }

    [Theory]
    [InlineData(500, false)]
    [InlineData(501, true)]
    public void Half_a_second_after_the_last_commit_nothing_holds_back(int milliseconds, bool isOver)
    {
        Note(1, milliseconds: 2);
        _clock.Advance(TimeSpan.FromMilliseconds(milliseconds));

        Assert.Equal(isOver, _pace.Pressure == 0);
    }

    [Fact]
    public void A_storage_that_has_become_slower_for_good_is_what_counts_in_the_end()
    {
        Note(1, milliseconds: 1);
        Note(3000, milliseconds: 4);

        Assert.InRange(_pace.Pressure, 1, 1.05);
    }

    [Fact]
    public void Who_has_never_seen_storage_but_busy_does_not_take_that_for_its_best()
    {
        Note(5, milliseconds: 100);

        Assert.InRange(_pace.Pressure, 9.9, 10.1);
    }

    [Fact]
    public void A_commit_that_does_not_end_holds_back_the_more()
    {
        Note(20, milliseconds: 5);
        _pace.Begin();
        _clock.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(CommitPace.MaxPressure, _pace.Pressure);
    }

    private void Note(int times, int milliseconds)
    {
        for (var i = 0; i < times; i++)
        {
            _pace.Begin();
            _clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
            _pace.End(TimeSpan.FromMilliseconds(milliseconds));
        }
    }
}
