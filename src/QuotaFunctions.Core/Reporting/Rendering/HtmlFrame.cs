using System.Net;
using System.Text.RegularExpressions;

namespace QuotaFunctions.Core.Reporting.Rendering;

/// <summary>What the HTML of all mails begins and ends with, and the styles that stand inline: mail programs drop style sheets.</summary>
internal static partial class HtmlFrame
{
    public const string Ink = "color:#16191D;";

    public const string Ink2 = "color:#4D555F;";

    public const string Ink3 = "color:#656D77;";

    /// <summary>A long word, such as an id or an address, is broken where the screen ends.</summary>
    public const string Breaking = "word-break:break-word;overflow-wrap:anywhere;";

    public const string Small = "font-size:12px;line-height:18px;";

    public const string OneLine = "white-space:nowrap;overflow:hidden;text-overflow:ellipsis;";

    /// <summary>The end of the page.</summary>
    public const string End = """<tr><td style="padding:0 0 24px;">&nbsp;</td></tr></table></td></tr></table></body></html>""";

    private const string Fonts = """-apple-system,'Segoe UI',Roboto,'Noto Sans','Liberation Sans',Arial,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif""";

    /// <summary>The beginning of the page.</summary>
    /// <param name="language">The language's tag.</param>
    /// <param name="title">The title.</param>
    /// <param name="preheader">What lists of mails show beside the subject.</param>
    public static string Begin(string language, string title, string preheader) => $$"""
        <!DOCTYPE html>
        <html lang="{{language}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">
        <title>{{WebUtility.HtmlEncode(title)}}</title>
        <style>
        :root{color-scheme:light dark;supported-color-schemes:light dark}
        @media (max-width:480px){.pad{padding-left:16px!important;padding-right:16px!important} }
        @media (prefers-color-scheme:dark){.bg{background:#111315!important}.i1{color:#ECEEF0!important}.i2{color:#B0B7BF!important}.i3{color:#8D959F!important}
        .ln{border-color:#2A2E33!important}.ac{color:#92B4F0!important}.bad{color:#F28B82!important}.att{color:#E3B04E!important}.ok{color:#5FC48D!important} }
        </style></head>
        <body class="bg" style="margin:0;padding:0;background:#FFFFFF;-webkit-text-size-adjust:100%;">
        <div style="display:none;max-height:0;overflow:hidden;">{{WebUtility.HtmlEncode(preheader)}}</div>
        <table role="presentation" class="bg" width="100%" cellpadding="0" cellspacing="0" border="0" style="background:#FFFFFF;table-layout:fixed;"><tr><td align="center">
        <table role="presentation" width="600" cellpadding="0" cellspacing="0" border="0" style="width:100%;max-width:600px;table-layout:fixed;text-align:left;font-family:{{Fonts}};font-size:14px;line-height:{{(language == "en" ? 20 : 22)}}px;font-variant-numeric:tabular-nums;">

        """;

    /// <summary>Rows of a table with one picture beside all of them.</summary>
    /// <param name="picture">The picture, as high as all rows.</param>
    /// <param name="pictureWidth">The width of its column.</param>
    /// <param name="rows">The other cells of each row.</param>
    public static string RowsBeside(string picture, string pictureWidth, IEnumerable<string> rows)
    {
        var cells = rows.ToList();
        var all = cells.Select((row, number) => number > 0 ? $"<tr>{row}</tr>\n" : $"""
            <tr><td rowspan="{cells.Count}" width="{pictureWidth}" valign="top">{picture}</td>{row}</tr>

            """);
        return $"""<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="table-layout:fixed;">{string.Concat(all)}</table>""";
    }

    /// <summary>Plain text as HTML, with the addresses in it as links.</summary>
    public static string WithLinks(string text) => Address().Replace(
        WebUtility.HtmlEncode(text), match => $"""<a href="{match.Value}" class="ac" style="color:#2A559C;">{match.Value}</a>""");

    [GeneratedRegex(@"https?://[^\s<>""]*[^\s<>"".,;:!?)，。；：！？）]")]
    private static partial Regex Address();
}
