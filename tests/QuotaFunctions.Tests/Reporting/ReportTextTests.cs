using System.Text.RegularExpressions;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Reporting;
using QuotaFunctions.Core.Reporting.Rendering;

namespace QuotaFunctions.Tests.Reporting;

/// <summary>The text is read by operators' own scripts, line by line.</summary>
public sealed partial class ReportTextTests
{
    private static readonly string[] Chinese =
    [
        "生成时间: ", "服务地址: https://quota.example.com", "服务状态: ✅ 健康", "🔑 Key: key_00000000000000000000 web shop", "  总请求: 100", "  成功: 88", "  失败: 12", "  剩余配额: 900",
        "  使用率: 10%", "  最后使用: 2026-12-01T07:00:00Z", "汇总统计", "活跃 key 数量: 2", "总请求数: 100", "成功请求: 88", "失败请求: 12", "总剩余配额: 900", "成功率: 88%", "异常检测", "失败率 12%", "建议操作", "1. ",
    ];

    private static readonly string[] English =
    [
        "Generated: ", "Service: https://quota.example.com", "Status: ✅ healthy", "🔑 Key: key_00000000000000000000 web shop", "  Requests: 100", "  Succeeded: 88", "  Failed: 12", "  Remaining: 900",
        "  Used: 10%", "  Last used: 2026-12-01T07:00:00Z", "Summary", "Active keys: 2", "Total requests: 100", "Succeeded: 88", "Failed: 12", "Total remaining: 900", "Success rate: 88%", "Anomalies", "Failure rate 12%", "Advice", "1. ",
    ];

    private readonly Reports _world = new();

    [Theory]
    [InlineData(ReportLanguage.Zh)]
    [InlineData(ReportLanguage.En)]
    public void Labels_stand_in_their_order(ReportLanguage language)
    {
        _world.Add("web shop", succeeded: 88, failed: 12, before: 100);
        _world.Add("exhausted", standing: Reports.Standing(10, 0));
        var text = ReportText.Render(_world.Compose(), language);
        var at = 0;
        foreach (var label in language == ReportLanguage.Zh ? Chinese : English)
        {
            var found = text.IndexOf(label, at, StringComparison.Ordinal);
            Assert.True(found >= 0, $"{label} is not after {at} in:\n{text}");
            at = found + label.Length;
        }
    }

    [Theory]
    [InlineData(ReportLanguage.Zh, "总剩余配额", "900")]
    [InlineData(ReportLanguage.Zh, "总请求数", "1000")]
    [InlineData(ReportLanguage.Zh, "成功率", "99")]
    [InlineData(ReportLanguage.Zh, "活跃 key 数量", "1")]
    [InlineData(ReportLanguage.En, "Total remaining", "900")]
    [InlineData(ReportLanguage.En, "Total requests", "1000")]
    [InlineData(ReportLanguage.En, "Success rate", "99")]
    [InlineData(ReportLanguage.En, "Active keys", "1")]
    public void A_script_finds_one_number_beside_a_label_whatever_keys_are_called(ReportLanguage language, string label, string number)
    {
        _world.Add($"{label}: 77\n{label}: 88 \u202E", succeeded: 999, failed: 1, model: $"{label} 55", tenant: $"{label} 44");
        var text = ReportText.Render(_world.Compose(Reports.November with { Tenant = $"{label} 33" }), language);
        var lines = text.Split('\n').Where(line => line.Contains(label, StringComparison.Ordinal));
        Assert.Equal([number], lines.SelectMany(line => Number().Matches(line)).Select(match => match.Value));
    }

    [Theory]
    [InlineData(ReportLanguage.Zh, "  最后使用: 2026-12-01T07:00:00Z\n  被拒绝: 1234\n", "\n被拒绝: 1,234 (上一周期：0)\n")]
    [InlineData(ReportLanguage.En, "  Last used: 2026-12-01T07:00:00Z\n  Refused: 1234\n", "\nRefused: 1,234 (before: 0)\n")]
    public void What_was_refused_comes_after_what_scripts_know(ReportLanguage language, string ofKey, string inAll)
    {
        _world.Add(succeeded: 5000, before: 5000, refused: 1234);
        _world.Add();
        var text = ReportText.Render(_world.Compose(), language);
        Assert.Contains(ofKey, text, StringComparison.Ordinal);
        Assert.Contains(inAll, text, StringComparison.Ordinal);
        Assert.Equal(3, text.Split(language == ReportLanguage.Zh ? "被拒绝" : "Refused").Length);
    }

    [Theory]
    [InlineData(ReportLanguage.Zh, "失败率正常", "配额充足", "1. 无需操作")]
    [InlineData(ReportLanguage.En, "Failure rate is normal", "Quotas are sufficient", "1. Nothing needs to be done")]
    public void Without_anything_it_says_that_all_is_well(ReportLanguage language, params string[] says)
    {
        var text = ReportText.Render(_world.Compose(), language);
        Assert.All(says, word => Assert.Contains(word, text, StringComparison.Ordinal));
        Assert.Contains(language == ReportLanguage.Zh ? "成功率: 100%" : "Success rate: 100%", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_days_and_moments_are_in_the_readers_form()
    {
        _world.Add(succeeded: 12_345, standing: Reports.Standing(null, null));
        var report = _world.Compose();
        var english = ReportText.Render(report, ReportLanguage.En);
        Assert.Contains("All is well: 12,345 requests, 100% succeeded.", ReportText.Render(_world.Compose() with { Anomalies = [] }, ReportLanguage.En), StringComparison.Ordinal);
        Assert.Contains("Generated: 1 December 2026, 09:00 (Europe/Zurich)", english, StringComparison.Ordinal);
        Assert.Contains("Period: 1–30 November 2026", english, StringComparison.Ordinal);
        Assert.Contains("  Remaining: unlimited", english, StringComparison.Ordinal);
        var chinese = ReportText.Render(report, ReportLanguage.Zh);
        Assert.Contains("生成时间: 2026年12月1日 09:00 (Europe/Zurich)", chinese, StringComparison.Ordinal);
        Assert.Contains("统计周期: 2026年11月1日至30日", chinese, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_is_one_line_without_control_characters()
    {
        _world.Add("a\u001b[31mb\r\n\u2028c\u202Ed\u2066e\0", succeeded: 1);
        var text = ReportText.Render(_world.Compose(), ReportLanguage.En);
        Assert.Contains("🔑 Key: key_00000000000000000000 a [31mb   c d e\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain(text, character => char.IsControl(character) && character != '\n');
    }

    [Fact]
    public void What_a_mail_has_no_room_for_is_told_by_number()
    {
        for (var key = 0; key < 30; key++)
        {
            _world.Add(succeeded: 1);
        }

        var text = ReportText.Render(_world.Compose(), ReportLanguage.En, maxKeys: 5);
        Assert.Equal(5, text.Split("🔑").Length - 1);
        Assert.Contains("25 more keys", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_in_tokens_says_so_and_the_total_is_that_of_requests()
    {
        _world.Add(standing: Reports.Standing(1000, 500));
        _world.Add(standing: Reports.Standing(9000, 7000, unit: QuotaUnit.Tokens));
        var text = ReportText.Render(_world.Compose(), ReportLanguage.En);
        Assert.Contains("Total remaining: 500\n", text, StringComparison.Ordinal);
        Assert.Contains("tokens: 0 used (before: 0), 7,000 left", text, StringComparison.Ordinal);
        Assert.Contains("  Unit: tokens", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Dollars_are_told_to_people_with_their_sign_and_the_total_is_whole()
    {
        _world.Add(succeeded: 1_250_000, standing: Reports.Standing(9_000_000, 7_250_001, unit: QuotaUnit.Usd));
        var text = ReportText.Render(_world.Compose(), ReportLanguage.Zh);
        Assert.Contains("总剩余配额: 7\n", text, StringComparison.Ordinal);
        Assert.Contains("剩余配额: 7.250001\n", text, StringComparison.Ordinal);
        Assert.Contains("usd：已用 $1.25（上一周期 $0.00），剩余 $7.250001", text, StringComparison.Ordinal);
    }

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Number();
}
