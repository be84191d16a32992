namespace QuotaFunctions.Core.Reporting.Rendering;

/// <summary>What keys and the like are called in a report.</summary>
internal static class ReportNames
{
    /// <summary>Names that a sentence lists.</summary>
    private const int MaxInSentence = 3;

    /// <summary>A key's name, or its id where it has none.</summary>
    public static string Of(ReportKey key, int maxLength = 60) => SafeText.Line(key.Name, maxLength) is { Length: > 0 } name ? name : key.Key;

    /// <summary>The first keys of an anomaly, and how many more there are.</summary>
    /// <param name="anomaly">The anomaly.</param>
    /// <param name="words">The words.</param>
    /// <param name="format">The form of numbers.</param>
    /// <param name="show">Makes a name what it is to be in the answer.</param>
    public static string Of(ReportAnomaly anomaly, ReportWords words, ReportFormat format, Func<string, string> show)
    {
        var names = string.Join(words.Enumeration, anomaly.Keys.Take(MaxInSentence).Select(key => show(Of(key, 40))));
        var more = anomaly.Count - Math.Min(anomaly.Keys.Count, MaxInSentence);
        return more > 0 ? words.AndMore(names, format.Number(more)) : names;
    }

    /// <summary>How near a key is to its end.</summary>
    public static string EndOf(ReportKey key, ReportWords words, ReportFormat format)
    {
        var refill = key.RefillsAt is { } refills ? words.Comma + words.Refills(format.ShortMoment(refills)) : "";
        return key switch
        {
            { Remaining: <= 0 } => words.UsedUp + refill,
            { RunsOutAt: { } end } => words.RunsOut(format.ShortMoment(end)),
            _ => words.PartLeft(format.Percent(PercentLeft(key))) + refill,
        };
    }

    /// <summary>Per cent of a key's quota that is left; null where it is unlimited.</summary>
    public static double? PercentLeft(ReportKey key) =>
        key is { Limit: > 0 and var limit, Remaining: { } left } ? Math.Floor((double)(1000 * left / limit)) / 10 : null;

    /// <summary>The sentence that a report opens with.</summary>
    public static string Verdict(QuotaReport report, ReportWords words, ReportFormat format) => report switch
    {
        { Anomalies.Count: > 0 } => words.NeedsAttention(
            report.Anomalies.Count, string.Join(words.Semicolon, report.Anomalies.Select(anomaly => words.Brief(anomaly, format)))),
        { Total.Requests: 0 } => words.NoRequests,
        _ => words.AllIsWell(format.Number(report.Total.Requests), $"{ReportFormat.WholePercent(report.Total.Success, report.Total.Requests)}%"),
    };

    /// <summary>The unit that the totals are told in: requests where there are such keys.</summary>
    public static ReportUnit MainUnit(QuotaReport report) => report.Units[0];
}
