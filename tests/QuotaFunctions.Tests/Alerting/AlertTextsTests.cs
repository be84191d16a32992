using QuotaFunctions.Core.Alerting;

namespace QuotaFunctions.Tests.Alerting;

public sealed class AlertTextsTests
{
    private static readonly (string Rule, (string, object?)[] Data)[] Samples =
    [
        (AlertRules.QuotaThreshold, [("name", "Ada"), ("unit", "tokens"), ("used", 1000), ("limit", 1000)]),
        (AlertRules.QuotaForecast, [("name", "Ada"), ("unit", "tokens"), ("hours", 5), ("remaining", 1200)]),
        (AlertRules.FailureRate, [("percent", 12), ("requests", 1000), ("failed", 120)]),
        (AlertRules.CredentialRefused, [("status", 401)]),
        (AlertRules.UnusualRate, [("name", "Ada"), ("requests", 1000), ("mean", 12.5)]),
        (AlertRules.QueueBacklog, [("length", 12000), ("minutes", 11)]),
        (AlertRules.QueuePoison, [("messages", 3)]),
        (AlertRules.JobOverdue, [("due_at", new DateTimeOffset(2026, 11, 29, 1, 0, 0, TimeSpan.Zero))]),
        (AlertRules.ReportOverdue, [("name", "Weekly"), ("days", "2026-11-23/2026-11-29")]),
        (AlertRules.BooksUnbalanced, [("units", 7)]),
    ];

    [Theory]
    [InlineData("en")]
    [InlineData("zh")]
    public void Every_rule_has_a_text_for_each_event(string language)
    {
        Assert.Equal(AlertRules.All.Order(), Samples.Select(sample => sample.Rule).Order());
        var texts = new AlertTexts(language);
        var lines = (from sample in Samples from told in new[] { AlertEvent.Opened, AlertEvent.Resolved } select texts.Line(Notice(sample.Rule, told, sample.Data))).ToList();
        Assert.Equal(lines.Count, lines.Distinct().Count());
        Assert.All(lines, line => Assert.EndsWith(language == "en" ? "." : "。", line, StringComparison.Ordinal));
        Assert.All(lines, line => Assert.DoesNotContain("_", line, StringComparison.Ordinal));
        Assert.All(lines, line => Assert.DoesNotContain("  ", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("en", "Opened", 80, "Ada (thing) has used 80 % of its quota: 800 of 1,000 requests. It is refilled at 2026-12-01 00:00 UTC.")]
    [InlineData("en", "Raised", 100, "Ada (thing) has used up its quota of 1,000 requests. It is refilled at 2026-12-01 00:00 UTC.")]
    [InlineData("en", "Lowered", 50, "Ada (thing) has room again: 800 of 1,000 requests used.")]
    [InlineData("en", "Resolved", 0, "Ada (thing) was filled up: 800 of 1,000 requests used.")]
    [InlineData("zh", "Opened", 80, "Ada (thing) 已使用配额的 80%：800 / 1,000 次请求。将于 2026-12-01 00:00 UTC 恢复。")]
    public void A_threshold_says_how_the_quota_stands(string language, string told, double value, string line)
    {
        var notice = Notice(AlertRules.QuotaThreshold, Enum.Parse<AlertEvent>(told), ("name", "Ada"), ("unit", "requests"), ("used", 800), ("limit", 1000),
            ("resets_at", new DateTimeOffset(2026, 12, 1, 1, 0, 0, TimeSpan.FromHours(1))));
        Assert.Equal(line, new AlertTexts(language).Line(notice with { Alert = notice.Alert with { Value = value } }));
    }

    [Theory]
    [InlineData("en", "Ada (thing) has used 80 % of its quota: $0.80 of $1.00.")]
    [InlineData("zh", "Ada (thing) 已使用配额的 80%：$0.80 / $1.00。")]
    public void Dollars_have_their_sign(string language, string line)
    {
        var notice = Notice(AlertRules.QuotaThreshold, AlertEvent.Opened, ("name", "Ada"), ("unit", "usd"), ("used", 0.8m), ("limit", 1m));
        Assert.Equal(line, new AlertTexts(language).Line(notice with { Alert = notice.Alert with { Value = 80 } }));
    }

    [Theory]
    [InlineData("en", 1, 1, 0, "1 needs attention, 1 got better")]
    [InlineData("en", 2, 0, 1000, "1,002 need attention")]
    [InlineData("en", 0, 2, 0, "2 got better")]
    [InlineData("zh", 2, 1, 0, "2 项需要关注，1 项已好转")]
    public void A_title_counts(string language, int open, int better, int more, string title)
    {
        var notice = Notice(AlertRules.CredentialRefused, AlertEvent.Opened);
        AlertNotice[] notices = [.. Enumerable.Repeat(notice, open), .. Enumerable.Repeat(notice with { Event = AlertEvent.Resolved }, better)];
        Assert.Equal(title, new AlertTexts(language).Title(new AlertBatch("1", default, notices, more)));
    }

    [Fact]
    public void A_mail_says_what_its_text_says_and_encodes_what_people_write()
    {
        var notice = Notice(AlertRules.QuotaThreshold, AlertEvent.Opened, ("name", "<b>Ada</b>\r\nBcc: x"), ("unit", "requests"), ("used", 800), ("limit", 1000));
        notice = notice with { Alert = notice.Alert with { Value = 80 } };
        var mail = AlertMail.Of(new AlertBatch("1-2", DateTimeOffset.UnixEpoch, [notice, notice with { Event = AlertEvent.Resolved }], 3), "Ops <ops@example.com>", "en");
        Assert.Equal("[QuotaFunctions] 4 need attention, 1 got better", mail.Subject);
        Assert.Contains("- warning: <b>Ada</b>  Bcc: x (thing) has used 80 % of its quota", mail.Text, StringComparison.Ordinal);
        Assert.Contains("and 3 more", mail.Text, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;Ada&lt;/b&gt;  Bcc: x (thing) has used 80 % of its quota", mail.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", mail.Html, StringComparison.Ordinal);
        Assert.Contains("and 3 more", mail.Html, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mail_of_as_many_as_there_may_be_is_small()
    {
        var notice = Notice(AlertRules.QuotaThreshold, AlertEvent.Opened, ("name", new string('字', 200)), ("unit", "requests"), ("used", 800), ("limit", 1000));
        var mail = AlertMail.Of(new AlertBatch("1-2", DateTimeOffset.UnixEpoch, [.. Enumerable.Repeat(notice, AlertOutbox.MaxNotices)], 10_000), "ops@example.com", "zh");
        Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(mail.Html!), 1000, 100_000);
    }

    private static AlertNotice Notice(string rule, AlertEvent told, params (string, object?)[] data) => new(told, new Alert
    {
        Id = "alert_0", Rule = rule, Subject = "thing", Severity = AlertSeverity.Warning, State = AlertState.Open, Value = 100,
        Data = AlertData.Of(data), OpenedAt = default, ChangedAt = default,
    });
}
