using System.Text;
using MimeKit;
using QuotaFunctions.Core.Mailing;
using QuotaFunctions.Core.Reporting;
using QuotaFunctions.Core.Subscriptions;
using QuotaFunctions.Tests.Reporting;

namespace QuotaFunctions.Tests.Subscriptions;

/// <summary>The mail that brings a report.</summary>
public sealed class ReportMailTests
{
    private const string ReportId = "2516000000000000000-0198c0de00007000800000000000cafe";

    private static readonly Subscription Subscription = new()
    {
        Id = "sub_9pQe2LkVb7RtYw4Hs0Nc",
        Settings = new SubscriptionSettings { Name = "The <team>'s week", Recipients = ["ops@example.com"] },
        CreatedAt = Reports.Now,
        Since = Reports.Now,
    };

    [Theory]
    [InlineData(ReportLanguage.En)]
    [InlineData(ReportLanguage.Zh)]
    public async Task It_has_text_HTML_and_CSV_and_says_how_to_get_no_more(ReportLanguage language)
    {
        var reports = new Reports();
        var key = reports.Add("<b>=1+1</b>\r\nBcc: x@example.com", succeeded: 120, failed: 30, before: 100);
        var mail = await RenderAsync(reports.Compose(Reports.November with { Language = language }));

        Assert.Contains("150", mail.Text, StringComparison.Ordinal);
        Assert.All([mail.Text, mail.Html!], text => Assert.Contains("unsubscribe sub_9pQe2LkVb7RtYw4Hs0Nc", text, StringComparison.Ordinal));
        Assert.DoesNotContain("<team>", mail.Html, StringComparison.Ordinal);
        Assert.Equal(new Uri("mailto:quotas@example.com?subject=unsubscribe%20sub_9pQe2LkVb7RtYw4Hs0Nc"), mail.ListUnsubscribe);
        var csv = Assert.Single(mail.Attachments);
        Assert.Equal(("quota-report-2026-11-01_2026-11-30.csv", "text/csv"), (csv.Name, csv.MediaType));
        Assert.Contains($"{key},", Encoding.UTF8.GetString(csv.Content.Span), StringComparison.Ordinal);
        Assert.NotEmpty(mail.Images);
        Assert.All(mail.Images, image => Assert.Contains($"cid:{image.ContentId}\"", mail.Html, StringComparison.Ordinal));
        Assert.Equal(Reports.Now, mail.CreatedAt);
        Assert.StartsWith(language == ReportLanguage.Zh ? "配额使用报告" : "Quota report", mail.Subject, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', mail.Subject);
        _ = Mime(mail);
    }

    [Fact]
    public async Task A_trial_says_so_and_the_default_one_says_where_it_is_changed()
    {
        var report = new Reports().Compose();
        Assert.StartsWith("[Test] ", (await RenderAsync(report, isTest: true)).Subject, StringComparison.Ordinal);
        Assert.StartsWith("[测试] ", (await RenderAsync(report with { Language = ReportLanguage.Zh }, isTest: true)).Subject, StringComparison.Ordinal);
        Assert.Contains("REPORT_RECIPIENTS", (await RenderAsync(report, Subscription with { Id = Subscription.DefaultId })).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ReportLanguage.En)]
    [InlineData(ReportLanguage.Zh)]
    public async Task With_10_000_keys_it_is_below_200_KB_and_says_where_the_rest_is(ReportLanguage language)
    {
        var reports = new Reports();
        for (var number = 0; number < 10_000; number++)
        {
            reports.Add($"部门 {number} 的 key，名称相当长，用于测试邮件大小", succeeded: 20_000 - number, failed: number % 7, before: 100, tenant: "租户");
        }

        var mail = await RenderAsync(reports.Compose(Reports.November with { Language = language }));

        Assert.InRange(Mime(mail).Length, 20_000, 200_000);
        Assert.All([mail.Text, mail.Html!], text => Assert.Contains($"/manage/reports/{ReportId}?format=csv", text, StringComparison.Ordinal));
        Assert.InRange(mail.Attachments[0].Content.Length, 30_000, 60 * 1024);
    }

    private static Task<Mail> RenderAsync(QuotaReport report, Subscription? subscription = null, bool isTest = false) =>
        ReportMail.RenderAsync(ReportId, report, subscription ?? Subscription, "quotas@example.com", isTest, default);

    private static byte[] Mime(Mail mail) => MailRenderer.Render(mail with { Id = "a", Recipient = "ops@example.com" }, new MailboxAddress("Quotas", "quotas@example.com"));
}
