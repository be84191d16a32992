using System.Text;
using System.Text.RegularExpressions;
using QuotaFunctions.Core.Reporting;
using QuotaFunctions.Core.Reporting.Rendering;
using SkiaSharp;

namespace QuotaFunctions.Tests.Reporting;

public sealed partial class ReportHtmlTests
{
    private const string Evil = "<img src=x onerror=alert(1)>&\"' \u202Eneg\u2066 😀 客户";

    private readonly Reports _world = new();

    [Theory]
    [InlineData(ReportLanguage.En, "lang=\"en\"", "Quota report · 1–30 November 2026")]
    [InlineData(ReportLanguage.Zh, "lang=\"zh-Hans\"", "配额使用报告 · 2026年11月1日至30日")]
    public void It_opens_with_the_answer(ReportLanguage language, params string[] has)
    {
        _world.Add(succeeded: 1200, before: 1000, standing: Reports.Standing(1000, 0));
        var mail = ReportHtml.RenderMail(_world.Compose(), language);
        Assert.All(has, text => Assert.Contains(text, mail.Html, StringComparison.Ordinal));
        Assert.Contains("1,200", mail.Html, StringComparison.Ordinal);
        Assert.Matches($"(?s)<body.*{Regex.Escape(mail.Verdict)}.*<h1[^>]*>{Regex.Escape(mail.Verdict)}</h1>", mail.Html);
    }

    [Fact]
    public void What_people_typed_is_text()
    {
        _world.Add(Evil, succeeded: 100, standing: Reports.Standing(1000, 0), model: Evil, tenant: Evil);
        foreach (var language in Enum.GetValues<ReportLanguage>())
        {
            var html = ReportHtml.RenderMail(_world.Compose(Reports.November with { Tenant = Evil }), language, "<script>").Html;
            Assert.DoesNotContain("<img src=x", html, StringComparison.Ordinal);
            Assert.DoesNotContain('\uE000', html);

            // All that is a tag, is ours; what people typed stands in elements that keep its direction to themselves
            Assert.Empty(Tags().Matches(html).Select(match => match.Groups[1].Value).Except(
                ["html", "head", "meta", "title", "style", "body", "div", "table", "tr", "td", "span", "h1", "h2", "img", "bdi", "ol", "li", "a"]));
            Assert.All(Names().Matches(html), match => Assert.Equal("<bdi>", match.Groups[1].Value));
            Assert.DoesNotContain("<bdi>" + Evil[..4], html, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_mail_has_its_pictures_beside_it_and_a_page_in_it()
    {
        _world.Add(succeeded: 50, failed: 3, before: 50, standing: Reports.Standing(1000, 10));
        var report = _world.Compose();
        var mail = ReportHtml.RenderMail(report, ReportLanguage.En);
        Assert.Equal(["requests", "success", "remaining", "keys"], mail.Images.Select(image => image.ContentId.Split('@')[0]));
        Assert.Equal(mail.Images.Select(image => image.ContentId), Cids().Matches(mail.Html).Select(match => match.Groups[1].Value));
        Assert.All(mail.Images, image => Assert.False(string.IsNullOrWhiteSpace(image.Alt)));
        Assert.All(mail.Images, image => Assert.InRange(image.Png.Length, 100, 40_000));
        var page = ReportHtml.RenderPage(report, ReportLanguage.En);
        Assert.Empty(page.Images);
        Assert.Equal(4, page.Html.Split("data:image/png;base64,").Length - 1);
        Assert.DoesNotContain("cid:", page.Html, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_requests_there_are_no_pictures_of_them()
    {
        var mail = ReportHtml.RenderMail(_world.Compose(), ReportLanguage.Zh);
        Assert.Empty(mail.Images);
        Assert.Contains("本周期没有请求。", mail.Html, StringComparison.Ordinal);
    }

    [Fact]
    public void Ten_thousand_keys_with_the_longest_names_stay_below_100_kilobytes()
    {
        for (var key = 0; key < 10_000; key++)
        {
            _world.Add(string.Concat(Enumerable.Repeat("😀\"", 66)), succeeded: 1000, failed: 200, standing: Reports.Standing(1000, key % 90), model: $"{key}{new string('"', 190)}");
        }

        var report = _world.Compose();
        var mail = ReportHtml.RenderMail(report, ReportLanguage.En, "How to end it");
        Assert.InRange(Encoding.UTF8.GetByteCount(mail.Html), 1000, 100_000);
        Assert.InRange(mail.Images.Sum(image => image.Png.Length), 1000, 100_000);
        Assert.Contains("9,990 more keys", mail.Html, StringComparison.Ordinal);
        Assert.Contains("https://quota.example.com/dashboard", mail.Html, StringComparison.Ordinal);
    }

    [Fact]
    public void How_to_end_the_subscription_stands_at_the_end_with_its_address_as_a_link() => Assert.Contains(
        """End it: <a href="https://quota.example.com/end?a=1&amp;b=2" """,
        ReportHtml.RenderMail(_world.Compose(), ReportLanguage.En, "End it: https://quota.example.com/end?a=1&b=2.").Html,
        StringComparison.Ordinal);

    [Fact]
    public void The_picture_of_requests_has_what_failed_on_top()
    {
        ReportPoint[] points = [new(Reports.Now, 50, 50, 0), new(Reports.Now, 0, 0, 0), new(Reports.Now, 100, 0, 0)];
        using var picture = SKBitmap.Decode(ReportCharts.Requests(points));
        var third = picture.Width / 3;
        var (top, bottom) = (picture.Height / 4, picture.Height * 3 / 4);
        Assert.True(IsRed(third / 2, top) && IsBlue(third / 2, bottom));
        Assert.Equal(0, picture.GetPixel(third * 3 / 2, bottom).Alpha);
        Assert.True(IsBlue(third * 5 / 2, top) && IsBlue(third * 5 / 2, bottom));

        bool IsRed(int x, int y) => picture.GetPixel(x, y) is { Alpha: 255 } pixel && pixel.Red > pixel.Blue;

        bool IsBlue(int x, int y) => picture.GetPixel(x, y) is { Alpha: 255 } pixel && pixel.Blue > pixel.Red;
    }

    [GeneratedRegex("cid:([^\"]+)\"")]
    private static partial Regex Cids();

    [GeneratedRegex("<([a-zA-Z][a-zA-Z0-9]*)")]
    private static partial Regex Tags();

    [GeneratedRegex("(<[^>]*>)&lt;img src=x")]
    private static partial Regex Names();
}
