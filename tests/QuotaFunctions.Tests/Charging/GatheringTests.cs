using QuotaFunctions.Core.Charging;

namespace QuotaFunctions.Tests.Charging;

/// <summary>For how long a writer waits before its next commit.</summary>
public sealed class GatheringTests
{
    private static readonly TimeSpan Took = TimeSpan.FromMilliseconds(2);
    private static readonly QuotaEngineOptions Options = new();

    private readonly Gathering _gathering = new(Options);

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 2)]
    [InlineData(0, 3)]
    public void Few_are_not_waited_for(int answered, int waiting) => Assert.Equal(TimeSpan.Zero, _gathering.TimeFor(answered, waiting, Took));

    [Theory]
    [InlineData(4, 0)]
    [InlineData(1, 3)]
    public void Many_are_waited_for_as_long_as_the_commit_took(int answered, int waiting) => Assert.Equal(Took, _gathering.TimeFor(answered, waiting, Took));

    [Fact]
    public void Those_who_come_back_are_waited_for_longer_until_they_do_not()
    {
        _gathering.Note(answered: 64, arrived: 64);
        Assert.Equal(Gathering.PatientCommits * Took, _gathering.TimeFor(64, 0, Took));

        _gathering.Note(answered: 64, arrived: 63);
        Assert.Equal(Took, _gathering.TimeFor(64, 0, Took));
    }

    [Theory]
    [InlineData(9, 9)]
    [InlineData(11, 10)]
    public void Nobody_waits_longer_than_the_limit(double tookMilliseconds, double expectedMilliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(expectedMilliseconds), _gathering.TimeFor(64, 0, TimeSpan.FromMilliseconds(tookMilliseconds)));

    [Fact]
    public void Nor_for_those_who_come_back()
    {
        _gathering.Note(answered: 4, arrived: 5);
        Assert.Equal(Options.MaxGatherTime, _gathering.TimeFor(4, 0, TimeSpan.FromMilliseconds(9)));
    }
}
