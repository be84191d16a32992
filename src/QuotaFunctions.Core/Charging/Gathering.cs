namespace QuotaFunctions.Core.Charging;

/// <summary>
/// Decides for how long an account writer gathers before its next commit. Where many ask at once, those who were just answered are about to ask
/// again, and a commit costs hardly more for them. To come back may take them longer than a commit takes; but where the last ones did not come
/// back, each is a client of its own, and nobody is to wait for longer than that.
/// </summary>
internal sealed class Gathering(QuotaEngineOptions options)
{
    /// <summary>For how many commits' time those are waited for who come back.</summary>
    public const int PatientCommits = 3;

    private bool _comeBack;

    /// <summary>For how long as many are waited for as were just answered; zero where they are not.</summary>
    /// <param name="answered">How many the last commit answered.</param>
    /// <param name="waiting">How many wait already.</param>
    /// <param name="took">How long that commit took.</param>
    public TimeSpan TimeFor(int answered, int waiting, TimeSpan took)
    {
        if (answered + waiting < options.BusyCommit)
        {
            return TimeSpan.Zero;
        }

        var longest = _comeBack ? PatientCommits * took : took;
        return longest < options.MaxGatherTime ? longest : options.MaxGatherTime;
    }

    /// <summary>Notes how many came while it gathered.</summary>
    public void Note(int answered, int arrived) => _comeBack = arrived >= answered;
}
