using QuotaFunctions.Core.Charging;

namespace QuotaFunctions.Tests.Charging;

/// <summary>For how long a writer waits before its next commit.</summary>
public sealed class GatheringTests
{
    private static readonly TimeSpan Took = TimeSpan.FromMilliseconds(2);
    private static readonly QuotaEngineOptions Options = new();

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 2)]
    [InlineData(0, 3)]
    public void Few_are_not_waited_for(int answered, int waiting) => Assert.Equal(TimeSpan.Zero, TimeFor(answered, waiting, Took));

    [Theory]
    [InlineData(1, 63)]
    [InlineData(32, 32)]
    [InlineData(56, 7)]
    public void Where_others_ask_many_are_waited_for_as_long_as_the_commit_took(int answered, int waiting) => Assert.Equal(Took, TimeFor(answered, waiting, Took));

    [Theory]
    [InlineData(4, 0)]
    [InlineData(64, 0)]
    [InlineData(57, 7)]
    public void Those_who_are_all_that_ask_are_waited_for_longer(int answered, int waiting) =>
        Assert.Equal(Gathering.PatientCommits * Took, TimeFor(answered, waiting, Took));

    [Theory]
    [InlineData(32, 32, 9, 9)]
    [InlineData(32, 32, 11, 10)]
    [InlineData(64, 0, 9, 10)]
    public void Nobody_waits_longer_than_the_limit(int answered, int waiting, double took, double expected) =>
        Assert.Equal(TimeSpan.FromMilliseconds(expected), TimeFor(answered, waiting, TimeSpan.FromMilliseconds(took)));

    private static TimeSpan TimeFor(int answered, int waiting, TimeSpan took) => Gathering.TimeFor(answered, waiting, took, Options);
}
