using System.Net;
using System.Text;
using NodaTime;

namespace QuotaFunctions.Core.Reporting.Rendering;

/// <summary>A picture of a report.</summary>
/// <param name="ContentId">What the HTML of a mail refers to it by, without <c>cid:</c>.</param>
/// <param name="Png">The picture.</param>
/// <param name="Alt">What it says, in words: plain text.</param>
public sealed record ReportImage(string ContentId, byte[] Png, string Alt);

/// <summary>A report as HTML.</summary>
/// <param name="Html">The page.</param>
/// <param name="Images">The pictures that it refers to by <c>cid:</c>; none where they are in the page.</param>
/// <param name="Verdict">The sentence that it opens with: plain text, which does as a mail's subject.</param>
public sealed record RenderedHtml(string Html, IReadOnlyList<ReportImage> Images, string Verdict);

/// <summary>
/// Renders a report as HTML that mail programs show as well: one column, tables, inline styles. With its pictures blocked nothing is lost,
/// as every figure in them stands beside them.
/// </summary>
public sealed class ReportHtml
{
    private const int KeyRow = 32;
    private const int NearestRow = 68;
    private const int MaxName = 26;

    private readonly QuotaReport _report;
    private readonly ReportWords _words;
    private readonly ReportFormat _format;
    private readonly bool _isMail;
    private readonly List<ReportImage> _images = [];
    private readonly StringBuilder _html = new();

    private ReportHtml(QuotaReport report, ReportLanguage language, bool isMail)
    {
        _report = report;
        _words = ReportWords.Of(language);
        _format = new ReportFormat(language, DateTimeZoneProviders.Tzdb[report.TimeZone]);
        _isMail = isMail;
    }

    /// <summary>Renders it for a mail, which carries the pictures beside it.</summary>
    /// <param name="report">The report.</param>
    /// <param name="language">The reader's language.</param>
    /// <param name="endNote">How to end the subscription, as plain text; an address in it is a link. Null for nothing.</param>
    public static RenderedHtml RenderMail(QuotaReport report, ReportLanguage language, string? endNote = null) =>
        new ReportHtml(report, language, isMail: true).Render(endNote);

    /// <summary>Renders it for a browser, with the pictures in it.</summary>
    /// <param name="report">The report.</param>
    /// <param name="language">The reader's language.</param>
    public static RenderedHtml RenderPage(QuotaReport report, ReportLanguage language) =>
        new ReportHtml(report, language, isMail: false).Render(endNote: null);

    private RenderedHtml Render(string? endNote)
    {
        var verdict = ReportNames.Verdict(_report, _words, _format);
        _html.Append(HtmlFrame.Begin(_words.Tag, $"{_words.Title}: {_format.Days(_report.Period)}", verdict));
        AddHead(verdict);
        AddFigures();
        AddSeries();
        AddNearest();
        AddAnomalies();
        AddTopKeys();
        AddModels();
        AddFoot(endNote);
        _html.Append(HtmlFrame.End);
        return new RenderedHtml(_html.ToString(), _isMail ? _images : [], verdict);
    }

    private void AddHead(string verdict)
    {
        var scope = _report switch
        {
            { Key: { } key } => " · " + Bdi(key),
            { Tenant: { } tenant } => $" · {Text(_words.Tenant)} {Bdi(SafeText.Line(tenant))}",
            _ => "",
        };
        Row($"""<span class="i2" style="{HtmlFrame.Ink2}">{Text(_words.Title)} · {Text(_format.Days(_report.Period))}{scope}</span>""", "padding:24px 24px 0;");
        Row($"""<h1 class="i1" style="{HtmlFrame.Ink}margin:0;font-size:24px;line-height:32px;font-weight:600;">{Text(verdict)}</h1>""", "padding:8px 24px 20px;");
    }

    private void AddFigures()
    {
        var (now, before, unit) = (_report.Total, _report.TotalBefore, ReportNames.MainUnit(_report));
        Row($"""
            <table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">
            <tr>{Figure(_words.Requests, _format.Number(now.Requests), Before(_format.Number(before.Requests)))}{Figure(_words.SuccessRate, Whole(now), Before(Whole(before)))}</tr>
            <tr>{Figure(_words.Failed, _format.Number(now.Failed), Before(_format.Number(before.Failed)))}{Figure(_words.LatencyP95, _format.Duration(now.LatencyP95Ms), Before(_format.Duration(before.LatencyP95Ms)))}</tr>
            <tr>{Figure($"{_words.Remaining} ({ReportFormat.Unit(unit.Unit)})", _format.Amount(unit.Remaining, unit.Unit), _words.InActiveKeys(_format.Number(_report.ActiveKeys)))}{Figure(_words.Refused, _format.Number(now.Refused), Before(_format.Number(before.Refused)))}</tr>
            </table>
            """);
        foreach (var other in _report.Units.Skip(1))
        {
            Note(_words.UnitFigures(ReportFormat.Unit(other.Unit), _format.Amount(other.Used, other.Unit), _format.Amount(other.UsedBefore, other.Unit), _format.Amount(other.Remaining, other.Unit)));
        }

        static string Whole(ReportCounts counts) => counts.Requests > 0 ? $"{ReportFormat.WholePercent(counts.Success, counts.Requests)}%" : "–";
    }

    private static string Figure(string label, string value, string note) => $"""
        <td width="50%" valign="top" class="ln" style="padding:12px 8px 12px 0;border-top:1px solid #E3E5E8;"><div class="i2" style="{HtmlFrame.Ink2}{HtmlFrame.Small}">{Text(label)}</div><div class="i1" style="{HtmlFrame.Ink}font-size:24px;line-height:32px;font-weight:600;">{Text(value)}</div><div class="i3" style="{HtmlFrame.Ink3}{HtmlFrame.Small}">{Text(note)}</div></td>
        """;

    private void AddSeries()
    {
        if (_report.Total.Requests == 0 || _report.Series.Max(point => point.Requests) == 0)
        {
            return;
        }

        var isHour = _report.Period.FirstDay == _report.Period.LastDay;
        var most = _report.Series.MaxBy(point => point.Requests)!;
        var alt = _words.RequestsAlt(_format.Number(most.Requests), _format.Point(most.From, isHour), _format.Number(_report.Total.Failed));
        Heading(isHour ? _words.RequestsPerHour : _words.RequestsPerDay);
        Row(Picture("requests", ReportCharts.Requests(_report.Series), alt, ReportCharts.FullWidth, ReportCharts.RequestsHeight) + Axis());
        Note(alt);

        var worst = _report.Series.Where(point => point.Requests > 0).MinBy(point => (double)point.Success / point.Requests)!;
        alt = _words.SuccessAlt($"{ReportFormat.WholePercent(worst.Success, worst.Requests)}%", _format.Point(worst.From, isHour));
        Heading(_words.SuccessOverTime);
        Row(Picture("success", ReportCharts.Success(_report.Series), alt, ReportCharts.FullWidth, ReportCharts.SuccessHeight) + Axis());
        Note(alt);

        string Axis() => $"""
            <table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr><td class="i3" style="{HtmlFrame.Ink3}{HtmlFrame.Small}">{Text(_format.Point(_report.Series[0].From, isHour))}</td><td align="right" class="i3" style="{HtmlFrame.Ink3}{HtmlFrame.Small}">{Text(_format.Point(_report.Series[^1].From, isHour))}</td></tr></table>
            """;
    }

    private void AddNearest()
    {
        var keys = _report.NearestToEnd;
        Heading(_words.NearestToEnd);
        if (keys.Count == 0)
        {
            Note(_words.NothingNear);
            return;
        }

        var alt = _words.RemainingAlt(ReportNames.Of(keys[0], MaxName), _format.Percent(ReportNames.PercentLeft(keys[0])));
        var picture = Picture("remaining", ReportCharts.Remaining(keys, _report.LowQuotaThreshold, NearestRow), alt, 64, keys.Count * NearestRow);
        Row(HtmlFrame.RowsBeside(picture, pictureWidth: "64", keys.Select(key => $"""
            <td height="{NearestRow - 1}" class="ln" style="height:{NearestRow - 1}px;border-top:1px solid #E3E5E8;padding-left:12px;"><div class="i1" style="{HtmlFrame.Ink}{HtmlFrame.OneLine}font-weight:500;">{Name(key)}</div><div class="i2" style="{HtmlFrame.Ink2}{HtmlFrame.OneLine}">{Text(_words.Left(_format.Amount(key.Remaining ?? 0, key.Unit), _format.Amount(key.Limit ?? 0, key.Unit), ReportFormat.Unit(key.Unit)))}</div><div class="{(KeyForecast.IsExhausted(key) ? "bad" : "att")}" style="color:{(KeyForecast.IsExhausted(key) ? "#B3261E" : "#855200")};{HtmlFrame.Small}{HtmlFrame.OneLine}">{(KeyForecast.IsExhausted(key) ? "■" : "▲")} {Text(ReportNames.EndOf(key, _words, _format))}</div></td>
            """)));
    }

    private void AddAnomalies()
    {
        Heading(_words.Anomalies);
        foreach (var anomaly in _report.Anomalies)
        {
            var isBad = anomaly.Kind is AnomalyKind.QuotaExhausted or AnomalyKind.FailureRate;
            Row($"""<span class="{(isBad ? "bad" : "att")}" style="color:{(isBad ? "#B3261E" : "#855200")};">{(isBad ? "■" : "▲")}</span> {WithNames(anomaly, names => _words.Describe(anomaly, names, _report, _format))}""", "padding:2px 24px;");
        }

        if (_report.Anomalies.Count == 0)
        {
            Row($"""<span class="ok" style="color:#1A7145;">●</span> {Text(_words.FailureRateNormal + _words.Semicolon + _words.QuotaNormal)}""", "padding:2px 24px;");
        }

        Heading(_words.Advice);
        var items = _report.Anomalies.Select(anomaly => WithNames(anomaly, names => _words.Advise(anomaly.Kind, names))).DefaultIfEmpty(Text(_words.NoAdvice));
        Row($"""<ol style="margin:0;padding-left:20px;">{string.Concat(items.Select(item => $"<li style=\"padding:2px 0;\">{item}</li>"))}</ol>""");
    }

    private void AddTopKeys()
    {
        var keys = _report.Keys.Where(key => key.Requests > 0).Take(ReportComposer.MaxListed).ToList();
        if (keys.Count == 0)
        {
            return;
        }

        Heading(_words.TopKeys);
        var alt = _words.TopKeysAlt(ReportNames.Of(keys[0], MaxName), _format.Percent(Math.Round(100.0 * keys[0].Requests / Math.Max(1, _report.Total.Requests), 1)));
        var picture = Picture("keys", ReportCharts.TopKeys(keys, KeyRow), alt, 160, keys.Count * KeyRow);
        Row(HtmlFrame.RowsBeside(picture, pictureWidth: "30%", keys.Select(key => $"""
            <td height="{KeyRow}" width="48%" style="height:{KeyRow}px;padding-left:12px;"><div class="i1" style="{HtmlFrame.Ink}{HtmlFrame.OneLine}">{Name(key)}</div></td><td align="right" width="22%" class="i1" style="{HtmlFrame.Ink}white-space:nowrap;">{Text(_format.Number(key.Requests))}</td>
            """)));
        if (_report.KeyCount > keys.Count)
        {
            Note(_words.MoreKeys(_format.Number(_report.KeyCount - keys.Count)));
        }
    }

    private void AddModels()
    {
        if (_report.Models.Count == 0)
        {
            return;
        }

        Heading(_words.Models);
        Row($"""<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="table-layout:fixed;">{string.Concat(_report.Models.Select(model => $"""
            <tr><td class="ln" style="padding:6px 0;border-top:1px solid #E3E5E8;"><div style="{HtmlFrame.OneLine}">{(model.Model is { } name ? Bdi(SafeText.Line(name, MaxName)) : Text(_words.NoModel))}</div></td><td width="30%" align="right" class="ln" style="border-top:1px solid #E3E5E8;white-space:nowrap;">{Text(_format.Number(model.Requests))}</td></tr>
            """))}</table>""");
    }

    private void AddFoot(string? endNote)
    {
        Row($"""<a href="{Text(_report.Service)}/dashboard" class="ac" style="color:#2A559C;font-weight:500;">{Text(_words.OpenDashboard)}</a>""", "padding:28px 24px 0;");
        Note($"{_words.TimesAreIn(_report.TimeZone)} {_words.ComparedTo}: {_format.Days(_report.PeriodBefore)}");
        Note($"{_words.Generated}: {_format.Moment(_report.GeneratedAt)} · {_words.Service}: {_report.Service}");
        if (endNote is not null)
        {
            Row($"""<div class="i3" style="{HtmlFrame.Ink3}{HtmlFrame.Small}">{HtmlFrame.WithLinks(endNote)}</div>""", "padding:4px 24px;");
        }
    }

    private string Picture(string id, byte[] png, string alt, int width, int height)
    {
        // A part after @, as RFC 2392 wants it
        var image = new ReportImage($"{id}@report.quotafunctions", png, alt);
        _images.Add(image);
        var source = _isMail ? $"cid:{image.ContentId}" : $"data:image/png;base64,{Convert.ToBase64String(png)}";
        return $"""<img src="{source}" alt="{Text(alt)}" width="{width}" height="{height}" class="i2" style="display:block;width:100%;max-width:{width}px;height:{height}px;border:0;{HtmlFrame.Ink2}{HtmlFrame.Small}">""";
    }

    // The place of the names, in a sentence that is encoded as a whole: a character that no name and no sentence has
    private const string NamesGoHere = "\uE000";

    private string WithNames(ReportAnomaly anomaly, Func<string, string> sentence) =>
        Text(sentence(NamesGoHere)).Replace(NamesGoHere, ReportNames.Of(anomaly, _words, _format, Bdi), StringComparison.Ordinal);

    private string Before(string figure) => _words.Before(figure);

    private static string Name(ReportKey key) => Bdi(ReportNames.Of(key, MaxName));

    private void Heading(string heading) => Row(
        $"""<h2 class="i1" style="{HtmlFrame.Ink}margin:0;font-size:16px;line-height:24px;font-weight:600;">{Text(heading)}</h2>""", "padding:28px 24px 8px;");

    private void Note(string note) => Row($"""<div class="i3" style="{HtmlFrame.Ink3}{HtmlFrame.Small}">{Text(note)}</div>""", "padding:4px 24px;");

    private void Row(string content, string padding = "padding:0 24px;") => _html.Append($"""<tr><td class="pad i1" style="{padding}{HtmlFrame.Ink}{HtmlFrame.Breaking}">{content}</td></tr>""").Append('\n');

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private static string Bdi(string name) => $"<bdi>{Text(name)}</bdi>";
}
