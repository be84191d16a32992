namespace QuotaFunctions.Core.Reporting.Rendering;

/// <summary>The words of a report in one language. The labels of the text report are what operators' own scripts look for: they stay.</summary>
internal abstract class ReportWords
{
    private static readonly ReportWords English = new EnglishWords();
    private static readonly ReportWords Chinese = new ChineseWords();

    /// <summary>The words of a language.</summary>
    public static ReportWords Of(ReportLanguage language) => language == ReportLanguage.Zh ? Chinese : English;

    /// <summary>The labels, in all languages, that a script looks for and takes the number beside it.</summary>
    public static IReadOnlyList<string> Searched { get; } =
        [.. new[] { English, Chinese }.SelectMany(words => (string[])[words.ActiveKeys, words.TotalRequests, words.TotalRemaining, words.SuccessRate, words.FailureRate])];

    /// <summary>The language's tag, for HTML.</summary>
    public abstract string Tag { get; }

    public abstract string Title { get; }

    public abstract string Generated { get; }

    public abstract string Service { get; }

    public abstract string ReportFile { get; }

    public abstract string Status { get; }

    public abstract string Healthy { get; }

    public abstract string Unavailable { get; }

    public abstract string Period { get; }

    public abstract string ComparedTo { get; }

    public abstract string Scope { get; }

    public abstract string AllKeys { get; }

    public abstract string Tenant { get; }

    public abstract string KeysHeading { get; }

    public abstract string Requests { get; }

    public abstract string Succeeded { get; }

    public abstract string Failed { get; }

    public abstract string Remaining { get; }

    public abstract string Used { get; }

    public abstract string LastUsed { get; }

    public abstract string Unit { get; }

    public abstract string Never { get; }

    public abstract string Unlimited { get; }

    public abstract string Summary { get; }

    public abstract string ActiveKeys { get; }

    public abstract string TotalRequests { get; }

    public abstract string TotalSucceeded { get; }

    public abstract string TotalFailed { get; }

    public abstract string TotalRemaining { get; }

    public abstract string SuccessRate { get; }

    public abstract string FailureRate { get; }

    public abstract string Comparison { get; }

    /// <summary>All requests, not to be taken for a key's.</summary>
    public abstract string RequestsInAll { get; }

    public abstract string FailedInAll { get; }

    public abstract string Latency { get; }

    public abstract string LatencyP95 { get; }

    public abstract string Refunded { get; }

    public abstract string Unknown { get; }

    /// <summary>Requests that were not admitted.</summary>
    public abstract string Refused { get; }

    public abstract string TokensIn { get; }

    public abstract string TokensOut { get; }

    public abstract string ByUnit { get; }

    public abstract string Models { get; }

    public abstract string NoModel { get; }

    public abstract string TopKeys { get; }

    public abstract string NearestToEnd { get; }

    public abstract string NothingNear { get; }

    public abstract string Anomalies { get; }

    public abstract string Advice { get; }

    public abstract string NoAdvice { get; }

    public abstract string FailureRateNormal { get; }

    public abstract string QuotaNormal { get; }

    public abstract string RequestsPerDay { get; }

    public abstract string RequestsPerHour { get; }

    public abstract string SuccessOverTime { get; }

    public abstract string OpenDashboard { get; }

    /// <summary>Between names.</summary>
    public abstract string Enumeration { get; }

    /// <summary>Between the parts of a list in a sentence.</summary>
    public abstract string Semicolon { get; }

    public abstract string Comma { get; }

    public abstract string Before(string figure);

    public abstract string MoreKeys(string count);

    public abstract string AndMore(string names, string count);

    public abstract string TimesAreIn(string zone);

    public abstract string UnitFigures(string unit, string used, string before, string remaining);

    /// <summary>The sentence that a report opens with, where nothing needs attention.</summary>
    public abstract string AllIsWell(string requests, string successPercent);

    public abstract string NoRequests { get; }

    /// <summary>The sentence that a report opens with, where something does.</summary>
    public abstract string NeedsAttention(int things, string which);

    /// <summary>An anomaly in a few words.</summary>
    public abstract string Brief(ReportAnomaly anomaly, ReportFormat format);

    /// <summary>An anomaly on a line of its own.</summary>
    public abstract string Describe(ReportAnomaly anomaly, string names, QuotaReport report, ReportFormat format);

    /// <summary>What to do about an anomaly.</summary>
    public abstract string Advise(AnomalyKind kind, string names);

    public abstract string UsedUp { get; }

    public abstract string RunsOut(string when);

    public abstract string PartLeft(string percent);

    public abstract string Refills(string when);

    public abstract string Left(string amount, string limit, string unit);

    public abstract string InActiveKeys(string count);

    /// <summary>What the picture of requests says.</summary>
    public abstract string RequestsAlt(string most, string when, string failed);

    public abstract string SuccessAlt(string lowest, string when);

    public abstract string TopKeysAlt(string name, string share);

    public abstract string RemainingAlt(string name, string percent);
}
