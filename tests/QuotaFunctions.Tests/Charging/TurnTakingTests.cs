using QuotaFunctions.Core.Charging;

namespace QuotaFunctions.Tests.Charging;

public sealed class TurnTakingTests
{
    private static readonly QuotaEngineOptions Options = new();
    private static readonly TimeSpan RoundTrip = TimeSpan.FromMilliseconds(5);

    private readonly FakeTimeProvider _time = new();
    private readonly TurnTaking _turns;

    public TurnTakingTests() => _turns = new TurnTaking(_time, Options);

    [Theory]
    [InlineData(false, 500)]
    [InlineData(true, 50)]
    public void A_run_ends_with_a_pause_of_six_round_trips(bool isShared, int longestRunMs)
    {
        Commit(RoundTrip);
        for (var ran = 5; ran < longestRunMs; ran += 5)
        {
            Commit(RoundTrip);
            Assert.Equal(TimeSpan.Zero, _turns.TakePause(isShared));
        }

        Commit(RoundTrip);
        Assert.Equal(6 * RoundTrip, _turns.TakePause(isShared));
        Assert.Equal(TimeSpan.Zero, _turns.TakePause(isShared));
    }

    [Fact]
    public void Whoever_left_room_between_two_commits_need_not_pause()
    {
        for (var commit = 0; commit < 20; commit++)
        {
            Commit(RoundTrip);
            Assert.Equal(TimeSpan.Zero, _turns.TakePause(isShared: true));
            _time.Advance(7 * RoundTrip);
        }
    }

    [Fact]
    public void A_turn_of_another_instance_begins_a_new_run()
    {
        for (var commit = 0; commit < 40; commit++)
        {
            Commit(RoundTrip);
            Assert.Equal(TimeSpan.Zero, _turns.TakePause(isShared: true));
            if (commit % 8 == 7)
            {
                _turns.EndRun();
            }
        }
    }

    [Fact]
    public void A_pause_is_never_longer_than_its_limit()
    {
        var slow = TimeSpan.FromSeconds(1);
        Commit(slow);
        Commit(slow);
        Assert.Equal(Options.LongestPause, _turns.TakePause(isShared: false));
    }

    private void Commit(TimeSpan took)
    {
        _time.Advance(took);
        _turns.NoteCommit(took);
    }
}
