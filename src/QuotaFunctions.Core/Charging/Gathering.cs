namespace QuotaFunctions.Core.Charging;

/// <summary>
/// Decides for how long an account writer gathers before its next commit. Where many ask at once, those who were just answered are about to ask
/// again, and a commit costs hardly more for them. To come back may take them longer than a commit takes. But where others asked during the commit, there
/// are more than those who were answered, who do not depend on them: they are not to wait for longer than that.
/// </summary>
internal static class Gathering
{
    /// <summary>For how many commits' time those are waited for who are all that ask.</summary>
    public const int PatientCommits = 3;

    /// <summary>Where fewer than one for so many that were answered asked during the commit, these are all that ask.</summary>
    public const int AnsweredForOther = 8;

    /// <summary>For how long as many are waited for as were just answered; zero where they are not.</summary>
    /// <param name="answered">How many the last commit answered.</param>
    /// <param name="waiting">How many have asked since it began.</param>
    /// <param name="took">How long that commit took.</param>
    /// <param name="options">From how many on, and for how long at the most.</param>
    public static TimeSpan TimeFor(int answered, int waiting, TimeSpan took, QuotaEngineOptions options)
    {
        if (answered + waiting < options.BusyCommit)
        {
            return TimeSpan.Zero;
        }

        var longest = waiting * AnsweredForOther < answered ? PatientCommits * took : took;
        return longest < options.MaxGatherTime ? longest : options.MaxGatherTime;
    }
}
