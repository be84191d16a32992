namespace QuotaFunctions.Core.Reporting.Rendering;

/// <summary>English.</summary>
internal sealed class EnglishWords : ReportWords
{
    public override string Tag => "en";

    public override string Title => "Quota report";

    public override string Generated => "Generated";

    public override string Service => "Service";

    public override string ReportFile => "Report file";

    public override string Status => "Status";

    public override string Healthy => "✅ healthy";

    public override string Unavailable => "❌ unavailable";

    public override string Period => "Period";

    public override string ComparedTo => "Compared to";

    public override string Scope => "Keys";

    public override string AllKeys => "all";

    public override string Tenant => "tenant";

    public override string KeysHeading => "Usage by key";

    public override string Requests => "Requests";

    public override string Succeeded => "Succeeded";

    public override string Failed => "Failed";

    public override string Remaining => "Remaining";

    public override string Used => "Used";

    public override string LastUsed => "Last used";

    public override string Unit => "Unit";

    public override string Never => "never";

    public override string Unlimited => "unlimited";

    public override string Summary => "Summary";

    public override string ActiveKeys => "Active keys";

    public override string TotalRequests => "Total requests";

    public override string TotalSucceeded => "Succeeded";

    public override string TotalFailed => "Failed";

    public override string TotalRemaining => "Total remaining";

    public override string SuccessRate => "Success rate";

    public override string FailureRate => "Failure rate";

    public override string Comparison => "Against the period before";

    public override string RequestsInAll => "Requests in all";

    public override string FailedInAll => "Failed in all";

    public override string Latency => "Latency p50, p95, p99";

    public override string LatencyP95 => "95% answered within";

    public override string Refunded => "Refunded";

    public override string Unknown => "Outcome unknown";

    public override string Refused => "Refused";

    public override string TokensIn => "Tokens in";

    public override string TokensOut => "Tokens out";

    public override string ByUnit => "By unit";

    public override string Models => "Models";

    public override string NoModel => "(none named)";

    public override string TopKeys => "Keys with the most requests";

    public override string NearestToEnd => "Keys nearest to their end";

    public override string NothingNear => "No key is near the end of its quota.";

    public override string Anomalies => "Anomalies";

    public override string Advice => "Advice";

    public override string NoAdvice => "Nothing needs to be done.";

    public override string FailureRateNormal => "Failure rate is normal";

    public override string QuotaNormal => "Quotas are sufficient";

    public override string RequestsPerDay => "Requests per day";

    public override string RequestsPerHour => "Requests per hour";

    public override string SuccessOverTime => "Share that succeeded";

    public override string OpenDashboard => "Open the dashboard";

    public override string Enumeration => ", ";

    public override string Semicolon => "; ";

    public override string Comma => ", ";

    public override string NoRequests => "There were no requests.";

    public override string UsedUp => "used up";

    public override string Before(string figure) => $"before: {figure}";

    public override string MoreKeys(string count) => count == "1" ? "1 more key is on the dashboard." : $"{count} more keys are on the dashboard.";

    public override string AndMore(string names, string count) => $"{names} and {count} more";

    public override string TimesAreIn(string zone) => $"Times are in {zone}.";

    public override string UnitFigures(string unit, string used, string before, string remaining) => $"{unit}: {used} used (before: {before}), {remaining} left";

    public override string AllIsWell(string requests, string successPercent) =>
        $"All is well: {(requests == "1" ? "1 request" : $"{requests} requests")}, {successPercent} succeeded.";

    public override string NeedsAttention(int things, string which) => things == 1 ? $"One thing needs attention: {which}." : $"{things} things need attention: {which}.";

    public override string Brief(ReportAnomaly anomaly, ReportFormat format) => anomaly.Kind switch
    {
        AnomalyKind.QuotaExhausted => anomaly.Count == 1 ? "1 quota is used up" : $"{format.Number(anomaly.Count)} quotas are used up",
        AnomalyKind.FailureRate => $"{format.Percent(anomaly.Percent)} of the requests failed",
        AnomalyKind.QuotaLow => anomaly.Count == 1 ? "1 quota is nearly used up" : $"{format.Number(anomaly.Count)} quotas are nearly used up",
        AnomalyKind.Refusals => anomaly.Count == 1 ? "1 key is mostly refused" : $"{format.Number(anomaly.Count)} keys are mostly refused",
        _ => anomaly.Count == 1 ? "1 key has far more requests than before" : $"{format.Number(anomaly.Count)} keys have far more requests than before",
    };

    public override string Describe(ReportAnomaly anomaly, string names, QuotaReport report, ReportFormat format) => anomaly.Kind switch
    {
        AnomalyKind.QuotaExhausted => $"Quota used up: {names}",
        AnomalyKind.FailureRate => $"Failure rate {format.Percent(anomaly.Percent)}, above {report.FailureRateThreshold}%",
        AnomalyKind.QuotaLow => $"Quota low, less than {report.LowQuotaThreshold}% left: {names}",
        AnomalyKind.Refusals => $"More requests refused than admitted: {names}",
        _ => $"Far more requests than in the period before: {names}",
    };

    public override string Advise(AnomalyKind kind, string names) => kind switch
    {
        AnomalyKind.QuotaExhausted => $"Top up or reset what is used up, unless it is to wait for its refill: {names}.",
        AnomalyKind.FailureRate => "Find out why requests fail: the log (GET /manage/logs?outcome=failed) says which provider and status.",
        AnomalyKind.QuotaLow => $"Top up what is running low, or tell its holders: {names}.",
        AnomalyKind.Refusals => $"Tell the holders of what is refused to stop or to wait, or raise the quota or the rate: {names}.",
        _ => $"Ask whether so many requests are meant. Rotate a key that may have leaked, or set rate_limit_per_minute: {names}.",
    };

    public override string RunsOut(string when) => $"runs out about {when}";

    public override string PartLeft(string percent) => $"{percent} left";

    public override string Refills(string when) => $"refills {when}";

    public override string Left(string amount, string limit, string unit) => $"{amount} of {limit} {unit} left";

    public override string InActiveKeys(string count) => count == "1" ? "in 1 active key" : $"in {count} active keys";

    public override string RequestsAlt(string most, string when, string failed) => $"Most requests: {most} ({when}). Failed in all: {failed}.";

    public override string SuccessAlt(string lowest, string when) => $"Lowest share that succeeded: {lowest} ({when}).";

    public override string TopKeysAlt(string name, string share) => $"{name} has {share} of the requests.";

    public override string RemainingAlt(string name, string percent) => $"{name} has {percent} left.";
}
