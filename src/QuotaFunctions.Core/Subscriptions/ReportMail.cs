using System.Globalization;
using NodaTime;
using QuotaFunctions.Core.Mailing;
using QuotaFunctions.Core.Reporting;
using QuotaFunctions.Core.Reporting.Rendering;

namespace QuotaFunctions.Core.Subscriptions;

/// <summary>Makes of a report the mail that brings it: text, HTML with its pictures, and CSV. It stays below 200 KB, however many keys there are.</summary>
internal static class ReportMail
{
    /// <summary>The keys that the text lists; the CSV has the rest.</summary>
    private const int MaxKeysInText = 50;

    /// <summary>The largest CSV, in bytes: a third more in the mail.</summary>
    private const int MaxCsvBytes = 60 * 1024;

    /// <summary>Renders it, without an id and a recipient.</summary>
    /// <param name="reportId">The report's id.</param>
    /// <param name="report">The report.</param>
    /// <param name="subscription">The subscription that it is for.</param>
    /// <param name="sender">The address that mails come from: who wants no more writes to it.</param>
    /// <param name="isTest">Whether it is a trial.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<Mail> RenderAsync(
        string reportId, QuotaReport report, Subscription subscription, string sender, bool isTest, CancellationToken cancellationToken)
    {
        var words = ReportWords.Of(report.Language);
        var format = new ReportFormat(report.Language, DateTimeZoneProviders.Tzdb[report.TimeZone]);
        var (csv, keysInCsv) = await CsvAsync(report, cancellationToken);
        var note = NoteOf(report, subscription, sender);
        if (keysInCsv < report.KeyCount)
        {
            note = $"{CsvNoteOf(report, reportId, format.Number(keysInCsv), format.Number(report.KeyCount))}\n{note}";
        }

        var html = ReportHtml.RenderMail(report, report.Language, note);
        return new Mail
        {
            Id = "",
            Recipient = "",
            Subject = $"{(isTest ? TestMark(report.Language) : "")}{words.Title} {format.Days(report.Period)}: {html.Verdict}",
            Text = $"{ReportText.Render(report, report.Language, MaxKeysInText)}\n{note}\n",
            Html = html.Html,
            Images = [.. html.Images.Select(image => new MailImage(image.ContentId, image.Png, image.Alt))],
            Attachments = [new MailAttachment($"quota-report-{FileDays(report.Period)}.csv", "text/csv", csv)],
            Language = words.Tag,
            ListUnsubscribe = new Uri($"mailto:{sender}?subject=unsubscribe%20{subscription.Id}"),
            CreatedAt = report.GeneratedAt,
        };
    }

    /// <summary>The CSV with as many of the first keys as there is room for.</summary>
    private static async Task<(byte[] Csv, int Keys)> CsvAsync(QuotaReport report, CancellationToken cancellationToken)
    {
        for (var keys = report.Keys.Count; ; keys /= 2)
        {
            var csv = await ReportCsv.RenderAsync(keys == report.Keys.Count ? report : report with { Keys = [.. report.Keys.Take(keys)] }, cancellationToken);
            if (csv.Length <= MaxCsvBytes || keys <= 1)
            {
                return (csv, keys);
            }
        }
    }

    private static string TestMark(ReportLanguage language) => language == ReportLanguage.Zh ? "[测试] " : "[Test] ";

    private static string CsvNoteOf(QuotaReport report, string reportId, string some, string all)
    {
        var address = $"{report.Service}/manage/reports/{reportId}?format=csv";
        return report.Language == ReportLanguage.Zh
            ? $"附件 CSV 只含请求最多的 {some} 个 key，共 {all} 个；完整内容：{address}"
            : $"The CSV that is attached has the {some} keys with the most requests, of {all}. All of them: {address}";
    }

    /// <summary>Why somebody gets this, and how it ends.</summary>
    private static string NoteOf(QuotaReport report, Subscription subscription, string sender)
    {
        var name = SafeText.Unsearched(subscription.Settings.Name);
        return (report.Language, subscription.IsDefault) switch
        {
            (ReportLanguage.Zh, true) => $"您收到此邮件，是因为您的地址在服务设置 REPORT_RECIPIENTS 中。如需退订，请写信至 {sender}，由管理员移除。",
            (ReportLanguage.Zh, false) => $"您收到此邮件，是因为您是订阅“{name}”（{subscription.Id}）的收件人。如需退订，请写信至 {sender}，主题为 unsubscribe {subscription.Id}；管理员可在 /manage/subscriptions/{subscription.Id} 修改或删除该订阅。",
            (_, true) => $"You get this because your address is in the service's setting REPORT_RECIPIENTS. To get no more, write to {sender}, and an administrator takes it out.",
            _ => $"You get this as a recipient of the subscription “{name}” ({subscription.Id}). To get no more, write to {sender} with the subject: unsubscribe {subscription.Id}. An administrator changes or deletes it at /manage/subscriptions/{subscription.Id}.",
        };
    }

    private static string FileDays(ReportPeriod period) => period.FirstDay == period.LastDay
        ? string.Create(CultureInfo.InvariantCulture, $"{period.FirstDay:yyyy-MM-dd}")
        : string.Create(CultureInfo.InvariantCulture, $"{period.FirstDay:yyyy-MM-dd}_{period.LastDay:yyyy-MM-dd}");
}
