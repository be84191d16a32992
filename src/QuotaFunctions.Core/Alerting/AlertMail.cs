using System.Globalization;
using System.Net;
using System.Text;
using Azure.Data.Tables;
using QuotaFunctions.Core.Mailing;

namespace QuotaFunctions.Core.Alerting;

/// <summary>Makes the mail of a batch.</summary>
internal static class AlertMail
{
    private const string Prefix = "alert-";
    private const string Sans = "-apple-system,'Segoe UI',Roboto,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif";

    /// <summary>Filter: mails of batches from before a moment. A batch's id begins with its time.</summary>
    public static string Before(DateTimeOffset moment) => TableClient.CreateQueryFilter(
        $"PartitionKey ge {Prefix} and PartitionKey lt {Prefix + moment.UtcTicks.ToString("D19", CultureInfo.InvariantCulture)}");

    /// <summary>The mail to one of those who are told.</summary>
    /// <param name="batch">What there is to tell.</param>
    /// <param name="recipient">Who.</param>
    /// <param name="language"><c>en</c> or <c>zh</c>.</param>
    public static Mail Of(AlertBatch batch, string recipient, string language)
    {
        var texts = new AlertTexts(language);
        var lines = batch.Notices.Select(notice => (Severity: texts.Severity(notice), Text: texts.Line(notice), notice.Alert.Id)).ToList();
        return new Mail
        {
            // Which of those who are told it goes to is told by a hash: the id is in logs, and the address must not be
            Id = $"{Prefix}{batch.Id}-{Alert.IdOf(recipient, "")[6..]}",
            Recipient = recipient,
            Subject = $"[QuotaFunctions] {texts.Title(batch)}",
            Text = Text(texts, batch, lines),
            Html = Html(texts, batch, lines, language),
            Language = language,
            CreatedAt = batch.At,
        };
    }

    private static string Text(AlertTexts texts, AlertBatch batch, IReadOnlyList<(string Severity, string Text, string Id)> lines)
    {
        var text = new StringBuilder().AppendLine(texts.Title(batch)).AppendLine();
        foreach (var (severity, line, id) in lines)
        {
            text.AppendLine($"- {severity}: {line}").AppendLine($"  {id}");
        }

        return text.AppendLine(texts.More(batch)).ToString();
    }

    private static string Html(AlertTexts texts, AlertBatch batch, IReadOnlyList<(string Severity, string Text, string Id)> lines, string language)
    {
        var rows = new StringBuilder();
        foreach (var (severity, line, id) in lines)
        {
            rows.Append(
                $"""
                <tr><td style="padding:12px 12px 12px 0;border-bottom:1px solid #ccc;vertical-align:top;font-weight:600;white-space:nowrap">{Encode(severity)}</td>
                <td style="padding:12px 0;border-bottom:1px solid #ccc"><bdi>{Encode(line)}</bdi><br><span style="font:12px/16px monospace;color:#767676">{id}</span></td></tr>

                """);
        }

        var more = texts.More(batch) is { } text ? $"<p style=\"margin:16px 0 0\">{Encode(text)}</p>" : "";
        return $"""
            <!DOCTYPE html>
            <html lang="{(language == "zh" ? "zh-CN" : "en")}">
            <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
            <title>{Encode(texts.Title(batch))}</title></head>
            <body style="margin:0;padding:24px 16px;font:14px/20px {Sans}">
            <table role="presentation" align="center" style="width:100%;max-width:600px;border-collapse:collapse"><tr><td>
            <p style="margin:0 0 16px;font-size:20px;line-height:28px;font-weight:600"><bdi>{Encode(texts.Title(batch))}</bdi></p>
            <table role="presentation" style="width:100%;border-collapse:collapse;border-top:2px solid">
            {rows}</table>
            {more}
            </td></tr></table>
            </body>
            </html>
            """;
    }

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
