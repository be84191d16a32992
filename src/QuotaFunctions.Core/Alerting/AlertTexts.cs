using System.Globalization;
using System.Text;
using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Alerting;

/// <summary>What is told of alerts, in words: one line for each, without line ends or control characters, whatever people call their keys.</summary>
/// <param name="language"><c>en</c> or <c>zh</c>.</param>
internal sealed class AlertTexts(string language)
{
    private const int MaxName = 80;
    private const string Dollars = "usd";

    private readonly bool _isChinese = language == "zh";

    /// <summary>What a batch says, in a few words.</summary>
    public string Title(AlertBatch batch)
    {
        if (batch is { Notices: [var only], More: 0 })
        {
            return Line(only);
        }

        var open = batch.Notices.Count(notice => notice.Event is AlertEvent.Opened or AlertEvent.Raised) + batch.More;
        var better = batch.Notices.Count + batch.More - open;
        var parts = new[]
        {
            open == 0 ? null : Say($"{Number(open)} {(open == 1 ? "needs" : "need")} attention", $"{Number(open)} 项需要关注"),
            better == 0 ? null : Say($"{Number(better)} got better", $"{Number(better)} 项已好转"),
        };
        return string.Join(Say(", ", "，"), parts.OfType<string>());
    }

    /// <summary>What a line after all the others says of those that are not told one by one; null for nothing.</summary>
    public string? More(AlertBatch batch) => batch.More == 0 ? null : Say($"and {Number(batch.More)} more: GET /manage/alerts lists them.", $"另有 {Number(batch.More)} 项：见 GET /manage/alerts。");

    /// <summary>How urgent something is, in a word.</summary>
    public string Severity(AlertNotice notice) => notice switch
    {
        { Event: AlertEvent.Resolved or AlertEvent.Lowered } => Say("resolved", "已恢复"),
        { Event: AlertEvent.Test } => Say("test", "测试"),
        { Alert.Severity: AlertSeverity.Critical } => Say("critical", "严重"),
        _ => Say("warning", "警告"),
    };

    /// <summary>What has happened.</summary>
    public string Line(AlertNotice notice)
    {
        var (alert, isOver) = (notice.Alert, notice.Event == AlertEvent.Resolved);
        var name = NameOf(alert);
        if (isOver && alert.Data.ContainsKey(AlertTransitions.ByAdmin))
        {
            return Say($"{name}: marked as resolved by an admin ({alert.Rule}).", $"{name}：管理员已标记为已解决（{alert.Rule}）。");
        }

        return alert.Rule switch
        {
            AlertRules.QuotaThreshold => Threshold(notice, name),
            AlertRules.QuotaForecast => isOver
                ? Say($"{name} does not run out within a day any more.", $"{name} 一天内不会再用尽。")
                : Say(
                    $"{name} runs out in about {Of(alert, "hours")} hours at its rate of the last 24 hours: {Amount(alert, "remaining")} left.",
                    $"{name} 按过去 24 小时的用量约 {Of(alert, "hours")} 小时后用尽：剩余 {Amount(alert, "remaining")}。"),
            AlertRules.FailureRate => isOver
                ? Say("The failure rate is back within its limit.", "失败率已恢复正常。")
                : Say(
                    $"{Of(alert, "percent")} % of the requests of the last hour failed: {Of(alert, "failed")} of {Of(alert, "requests")}.",
                    $"过去一小时失败率 {Of(alert, "percent")}%：{Of(alert, "requests")} 个请求中 {Of(alert, "failed")} 个失败。"),
            AlertRules.CredentialRefused => isOver
                ? Say($"{name} takes the service's credential again.", $"{name} 已重新接受本服务的凭据。")
                : Say($"{name} refuses the service's credential: renew it.", $"{name} 拒绝了本服务的凭据：请更换。"),
            AlertRules.UnusualRate => isOver
                ? Say($"{name} is used as before again.", $"{name} 的用量已恢复正常。")
                : Say(
                    $"{name} made {Of(alert, "requests")} requests in an hour; its mean of the 7 days before is {Of(alert, "mean")}.",
                    $"{name} 一小时内 {Of(alert, "requests")} 个请求；此前 7 天平均每小时 {Of(alert, "mean")} 个。"),
            AlertRules.QueueBacklog => isOver
                ? Say($"The queue {name} is worked off again.", $"队列 {name} 已恢复正常。")
                : Say(
                    $"The queue {name} is not worked off: {Of(alert, "length")} messages, the oldest {Of(alert, "minutes")} minutes old.",
                    $"队列 {name} 积压：{Of(alert, "length")} 条消息，最早的已等待 {Of(alert, "minutes")} 分钟。"),
            AlertRules.QueuePoison => isOver
                ? Say($"The queue {name} has no poison messages any more.", $"队列 {name} 已没有失败的消息。")
                : Say(
                    $"A function failed too often on {Of(alert, "messages")} messages of the queue {name}.",
                    $"队列 {name} 有 {Of(alert, "messages")} 条消息多次处理失败。"),
            AlertRules.JobOverdue => isOver
                ? Say($"The job {name} has run again.", $"任务 {name} 已重新运行。")
                : Say($"The job {name} was due at {Moment(alert, "due_at")} and has not run.", $"任务 {name} 应于 {Moment(alert, "due_at")} 运行，尚未运行。"),
            AlertRules.ReportOverdue => isOver
                ? Say($"The report for {name} is on its way.", $"{name} 的报告已开始生成。")
                : Say($"The report of {Of(alert, "days")} for {name} was due and has not been asked for.", $"{name} 的 {Of(alert, "days")} 报告已到期，尚未生成。"),
            AlertRules.BooksUnbalanced => isOver
                ? Say($"The books of {name} balance again.", $"{name} 的账目已平衡。")
                : Say($"The books of {name} do not balance, by {Of(alert, "units")} units.", $"{name} 的账目不平衡，相差 {Of(alert, "units")}。"),
            AlertRules.Test => Say("This is a test: alerts arrive here.", "这是一条测试消息：告警会发送到这里。"),
            _ => $"{alert.Rule}: {name}",
        };
    }

    private string Threshold(AlertNotice notice, string name)
    {
        var alert = notice.Alert;
        var (used, limit) = (Figure(alert, "used"), Amount(alert, "limit"));
        return notice.Event switch
        {
            AlertEvent.Resolved => !alert.Data.ContainsKey("limit")
                ? Say($"{name} has no quota to watch any more.", $"{name} 已不再有配额限制。")
                : Say($"{name} was filled up: {used} of {limit} used.", $"{name} 的配额已恢复：已用 {used} / {limit}。"),
            AlertEvent.Lowered => Say($"{name} has room again: {used} of {limit} used.", $"{name} 的配额已补充：已用 {used} / {limit}。"),
            _ when alert.Value >= 100 => Say($"{name} has used up its quota of {limit}.{Refill(alert)}", $"{name} 的配额 {limit} 已用尽。{Refill(alert)}"),
            _ => Say(
                $"{name} has used {Number(alert.Value)} % of its quota: {used} of {limit}.{Refill(alert)}",
                $"{name} 已使用配额的 {Number(alert.Value)}%：{used} / {limit}。{Refill(alert)}"),
        };
    }

    private string Refill(Alert alert) => alert.Data.ContainsKey("resets_at")
        ? Say($" It is refilled at {Moment(alert, "resets_at")}.", $"将于 {Moment(alert, "resets_at")} 恢复。")
        : "";

    /// <summary>An amount with its unit: 1,000 requests, $1.25.</summary>
    private string Amount(Alert alert, string name)
    {
        var unit = (alert.Data.GetValueOrDefault("unit"), _isChinese) switch
        {
            ("requests", true) => "次请求",
            ("tokens", true) => "个 token",
            (Dollars, _) => "",
            var (word, _) => word ?? "",
        };
        return $"{Figure(alert, name)} {unit}".TrimEnd();
    }

    /// <summary>An amount without its unit, but for dollars: 1,000, $1.25.</summary>
    private static string Figure(Alert alert, string name) => decimal.TryParse(alert.Data.GetValueOrDefault(name), CultureInfo.InvariantCulture, out var amount)
        ? QuotaAmount.Display(amount, alert.Data.GetValueOrDefault("unit") == Dollars ? QuotaUnit.Usd : QuotaUnit.Requests)
        : "";

    private string Say(string english, string chinese) => _isChinese ? chinese : english;

    /// <summary>What people call a key, and its id, which nobody can make up; of anything else its name.</summary>
    private static string NameOf(Alert alert) => alert.Data.TryGetValue("name", out var name) ? $"{Plain(name)} ({alert.Subject})" : Plain(alert.Subject);

    /// <summary>A value, numbers with their thousands.</summary>
    private static string Of(Alert alert, string name) => alert.Data.GetValueOrDefault(name) is not { } text
        ? ""
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? Number(number) : Plain(text);

    private static string Moment(Alert alert, string name) =>
        DateTimeOffset.TryParse(alert.Data.GetValueOrDefault(name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment)
            ? moment.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)
            : "";

    private static string Number(double number) => number.ToString("#,0.#", CultureInfo.InvariantCulture);

    /// <summary>One line: no control characters, and none that turn the direction of what follows.</summary>
    private static string Plain(string text)
    {
        var line = new StringBuilder();
        foreach (var rune in text.EnumerateRunes().Take(MaxName))
        {
            line.Append(Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
                ? " "
                : rune.ToString());
        }

        return line.ToString().Trim();
    }
}
