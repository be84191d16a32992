using System.Globalization;
using System.Text;
using NodaTime;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Core.Reporting.Rendering;

/// <summary>
/// Renders a report as plain text, laid out as operators' own scripts know it: a label, a colon and a figure on a line. The figures beside
/// these labels have no separators, and none of the labels stands anywhere else.
/// </summary>
public sealed class ReportText
{
    private readonly QuotaReport _report;
    private readonly ReportWords _words;
    private readonly ReportFormat _format;
    private readonly StringBuilder _text = new();

    private ReportText(QuotaReport report, ReportLanguage language)
    {
        _report = report;
        _words = ReportWords.Of(language);
        _format = new ReportFormat(language, DateTimeZoneProviders.Tzdb[report.TimeZone]);
    }

    /// <summary>Renders it.</summary>
    /// <param name="report">The report.</param>
    /// <param name="language">The reader's language.</param>
    /// <param name="maxKeys">The most keys that are listed; the rest is told by number.</param>
    public static string Render(QuotaReport report, ReportLanguage language, int maxKeys = int.MaxValue) =>
        new ReportText(report, language).Render(maxKeys);

    private string Render(int maxKeys)
    {
        AddHead();
        AddKeys(maxKeys);
        AddSummary();
        AddComparison();
        AddModels();
        AddNearest();
        AddAnomalies();
        return _text.ToString();
    }

    private void AddHead()
    {
        Line(_words.Title);
        Line(ReportNames.Verdict(_report, _words, _format));
        Line();
        Line(_words.Generated, $"{_format.Moment(_report.GeneratedAt)} ({_report.TimeZone})");
        Line(_words.Service, _report.Service);
        Line(_words.Status, _report.IsHealthy ? _words.Healthy : _words.Unavailable);
        Line(_words.Period, $"{_format.Days(_report.Period)} ({_report.TimeZone})");
        Line(_words.ComparedTo, _format.Days(_report.PeriodBefore));
        Line(_words.Scope, _report switch
        {
            { Key: { } key } => key,
            { Tenant: { } tenant } => $"{_words.Tenant} {SafeText.Unsearched(tenant)}",
            _ => _words.AllKeys,
        });
    }

    private void AddKeys(int maxKeys)
    {
        Heading(_words.KeysHeading);
        foreach (var key in _report.Keys.Take(maxKeys))
        {
            Line($"🔑 Key: {key.Key} {SafeText.Unsearched(key.Name)}".TrimEnd());
            Line($"  {_words.Requests}", Plain(key.Requests));
            Line($"  {_words.Succeeded}", Plain(key.Success));
            Line($"  {_words.Failed}", Plain(key.Failed));
            Line($"  {_words.Remaining}", key.Remaining is { } left ? ReportFormat.Plain(left) : _words.Unlimited);
            Line($"  {_words.Used}", key.UsageRate is { } rate ? $"{Plain((long)rate)}%" : _words.Unlimited);
            Line($"  {_words.LastUsed}", key.LastUsedAt is { } at ? Timestamps.ToText(at) : _words.Never);
            if (key.Refused > 0)
            {
                Line($"  {_words.Refused}", Plain(key.Refused));
            }

            if (key.Unit != QuotaUnit.Requests)
            {
                Line($"  {_words.Unit}", ReportFormat.Unit(key.Unit));
            }
        }

        if (_report.KeyCount - Math.Min(maxKeys, _report.Keys.Count) is > 0 and var more)
        {
            Line(_words.MoreKeys(_format.Number(more)));
        }
    }

    private void AddSummary()
    {
        Heading(_words.Summary);
        Line(_words.ActiveKeys, Plain(_report.ActiveKeys));
        Line(_words.TotalRequests, Plain(_report.Total.Requests));
        Line(_words.TotalSucceeded, Plain(_report.Total.Success));
        Line(_words.TotalFailed, Plain(_report.Total.Failed));

        // Whole units: a point would part the figure into two for the scripts
        Line(_words.TotalRemaining, Plain((long)decimal.Floor(ReportNames.MainUnit(_report).Remaining)));
        Line(_words.SuccessRate, $"{Plain(ReportFormat.WholePercent(_report.Total.Success, _report.Total.Requests))}%");
    }

    private void AddComparison()
    {
        var (now, before) = (_report.Total, _report.TotalBefore);
        Heading(_words.Comparison);
        Compared(_words.RequestsInAll, _format.Number(now.Requests), _format.Number(before.Requests));
        Compared(_words.FailedInAll, _format.Number(now.Failed), _format.Number(before.Failed));
        Compared(_words.Refunded, _format.Number(now.Refunded), _format.Number(before.Refunded));
        Compared(_words.Unknown, _format.Number(now.Unknown), _format.Number(before.Unknown));
        Compared(_words.Refused, _format.Number(now.Refused), _format.Number(before.Refused));
        Compared(_words.TokensIn, _format.Number(now.TokensIn), _format.Number(before.TokensIn));
        Compared(_words.TokensOut, _format.Number(now.TokensOut), _format.Number(before.TokensOut));
        Compared(_words.Latency, Latency(now), Latency(before));
        foreach (var unit in _report.Units)
        {
            Line(_words.UnitFigures(ReportFormat.Unit(unit.Unit), _format.Amount(unit.Used, unit.Unit), _format.Amount(unit.UsedBefore, unit.Unit), _format.Amount(unit.Remaining, unit.Unit)));
        }
    }

    private void AddModels()
    {
        if (_report.Models.Count == 0)
        {
            return;
        }

        Heading(_words.Models);
        foreach (var model in _report.Models)
        {
            Line(model.Model is { } name ? SafeText.Unsearched(name) : _words.NoModel, _format.Number(model.Requests));
        }
    }

    private void AddNearest()
    {
        Heading(_words.NearestToEnd);
        foreach (var key in _report.NearestToEnd)
        {
            Line($"{key.Key} {SafeText.Unsearched(key.Name)}".TrimEnd(), ReportNames.EndOf(key, _words, _format));
        }

        if (_report.NearestToEnd.Count == 0)
        {
            Line(_words.NothingNear);
        }
    }

    private void AddAnomalies()
    {
        Heading(_words.Anomalies);
        foreach (var anomaly in _report.Anomalies)
        {
            Line("⚠️ " + _words.Describe(anomaly, Names(anomaly), _report, _format));
        }

        if (_report.Anomalies.All(anomaly => anomaly.Kind != AnomalyKind.FailureRate))
        {
            Line("✅ " + _words.FailureRateNormal);
        }

        if (_report.Anomalies.All(anomaly => anomaly.Kind is not (AnomalyKind.QuotaExhausted or AnomalyKind.QuotaLow)))
        {
            Line("✅ " + _words.QuotaNormal);
        }

        Heading(_words.Advice);
        var number = 0;
        foreach (var anomaly in _report.Anomalies)
        {
            Line($"{Plain(++number)}. {_words.Advise(anomaly.Kind, Names(anomaly))}");
        }

        if (number == 0)
        {
            Line($"1. {_words.NoAdvice}");
        }
    }

    private string Names(ReportAnomaly anomaly) => ReportNames.Of(anomaly, _words, _format, SafeText.Unsearched);

    private string Latency(ReportCounts counts) =>
        $"{_format.Duration(counts.LatencyP50Ms)}, {_format.Duration(counts.LatencyP95Ms)}, {_format.Duration(counts.LatencyP99Ms)}";

    private void Compared(string label, string now, string before) => Line(label, $"{now} ({_words.Before(before)})");

    private void Heading(string heading)
    {
        Line();
        Line(heading);
        Line(new string('-', 40));
    }

    private void Line(string label, string value) => Line($"{label}: {value}");

    private void Line(string line = "") => _text.Append(line).Append('\n');

    private static string Plain(long value) => value.ToString(CultureInfo.InvariantCulture);
}
