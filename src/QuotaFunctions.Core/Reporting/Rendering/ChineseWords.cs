namespace QuotaFunctions.Core.Reporting.Rendering;

/// <summary>Chinese, simplified.</summary>
internal sealed class ChineseWords : ReportWords
{
    public override string Tag => "zh-Hans";

    public override string Title => "配额使用报告";

    public override string Generated => "生成时间";

    public override string Service => "服务地址";

    public override string ReportFile => "报告文件";

    public override string Status => "服务状态";

    public override string Healthy => "✅ 健康";

    public override string Unavailable => "❌ 不可用";

    public override string Period => "统计周期";

    public override string ComparedTo => "对比周期";

    public override string Scope => "统计范围";

    public override string AllKeys => "全部 key";

    public override string Tenant => "租户";

    public override string KeysHeading => "各 key 用量";

    public override string Requests => "总请求";

    public override string Succeeded => "成功";

    public override string Failed => "失败";

    public override string Remaining => "剩余配额";

    public override string Used => "使用率";

    public override string LastUsed => "最后使用";

    public override string Unit => "单位";

    public override string Never => "从未使用";

    public override string Unlimited => "不限";

    public override string Summary => "汇总统计";

    public override string ActiveKeys => "活跃 key 数量";

    public override string TotalRequests => "总请求数";

    public override string TotalSucceeded => "成功请求";

    public override string TotalFailed => "失败请求";

    public override string TotalRemaining => "总剩余配额";

    public override string SuccessRate => "成功率";

    public override string FailureRate => "失败率";

    public override string Comparison => "与上一周期对比";

    public override string RequestsInAll => "请求量";

    public override string FailedInAll => "失败量";

    public override string Latency => "延迟 p50、p95、p99";

    public override string LatencyP95 => "95% 的响应不超过";

    public override string Refunded => "已退还";

    public override string Unknown => "结果未知";

    public override string Refused => "被拒绝";

    public override string TokensIn => "输入 token";

    public override string TokensOut => "输出 token";

    public override string ByUnit => "按单位";

    public override string Models => "模型";

    public override string NoModel => "（未指定）";

    public override string TopKeys => "请求最多的 key";

    public override string NearestToEnd => "即将用完的 key";

    public override string NothingNear => "没有 key 的配额即将用完。";

    public override string Anomalies => "异常检测";

    public override string Advice => "建议操作";

    public override string NoAdvice => "无需操作。";

    public override string FailureRateNormal => "失败率正常";

    public override string QuotaNormal => "配额充足";

    public override string RequestsPerDay => "每日请求";

    public override string RequestsPerHour => "每小时请求";

    public override string SuccessOverTime => "成功占比";

    public override string OpenDashboard => "打开控制台";

    public override string Enumeration => "、";

    public override string Semicolon => "；";

    public override string Comma => "，";

    public override string NoRequests => "本周期没有请求。";

    public override string UsedUp => "已用完";

    public override string Before(string figure) => $"上一周期：{figure}";

    public override string MoreKeys(string count) => $"另有 {count} 个 key，见控制台。";

    public override string AndMore(string names, string count) => $"{names} 等，另有 {count} 个";

    public override string TimesAreIn(string zone) => $"时间均为 {zone} 时区。";

    public override string UnitFigures(string unit, string used, string before, string remaining) => $"{unit}：已用 {used}（上一周期 {before}），剩余 {remaining}";

    public override string AllIsWell(string requests, string successPercent) => $"一切正常：共 {requests} 次请求，{successPercent} 成功。";

    public override string NeedsAttention(int things, string which) => $"有 {things} 件事需要处理：{which}。";

    public override string Brief(ReportAnomaly anomaly, ReportFormat format) => anomaly.Kind switch
    {
        AnomalyKind.QuotaExhausted => $"{format.Number(anomaly.Count)} 个 key 的配额已用完",
        AnomalyKind.FailureRate => $"{format.Percent(anomaly.Percent)} 的请求失败",
        AnomalyKind.QuotaLow => $"{format.Number(anomaly.Count)} 个 key 的配额不足",
        AnomalyKind.Refusals => $"{format.Number(anomaly.Count)} 个 key 的请求大多被拒绝",
        _ => $"{format.Number(anomaly.Count)} 个 key 的请求激增",
    };

    public override string Describe(ReportAnomaly anomaly, string names, QuotaReport report, ReportFormat format) => anomaly.Kind switch
    {
        AnomalyKind.QuotaExhausted => $"配额已用完：{names}",
        AnomalyKind.FailureRate => $"失败率 {format.Percent(anomaly.Percent)}，超过 {report.FailureRateThreshold}%",
        AnomalyKind.QuotaLow => $"配额不足，剩余低于 {report.LowQuotaThreshold}%：{names}",
        AnomalyKind.Refusals => $"遭拒的请求多于放行的请求：{names}",
        _ => $"请求远多于上一周期：{names}",
    };

    public override string Advise(AnomalyKind kind, string names) => kind switch
    {
        AnomalyKind.QuotaExhausted => $"为已用完的 key 充值或重置，或等待其自动补充：{names}。",
        AnomalyKind.FailureRate => "查明请求失败的原因：日志（GET /manage/logs?outcome=failed）列出了供应商和状态码。",
        AnomalyKind.QuotaLow => $"为配额不足的 key 充值，或通知使用者：{names}。",
        AnomalyKind.Refusals => $"请使用者停止或等待，或提高配额或速率限制：{names}。",
        _ => $"确认请求激增是否符合预期；如有泄露可能，请轮换 key，或设置 rate_limit_per_minute：{names}。",
    };

    public override string RunsOut(string when) => $"预计 {when} 用完";

    public override string PartLeft(string percent) => $"剩余 {percent}";

    public override string Refills(string when) => $"{when} 补充";

    public override string Left(string amount, string limit, string unit) => $"剩余 {amount} / {limit} {unit}";

    public override string InActiveKeys(string count) => $"{count} 个活跃 key";

    public override string RequestsAlt(string most, string when, string failed) => $"请求最多：{most}（{when}）。失败共 {failed}。";

    public override string SuccessAlt(string lowest, string when) => $"成功占比最低：{lowest}（{when}）。";

    public override string TopKeysAlt(string name, string share) => $"{name} 占请求的 {share}。";

    public override string RemainingAlt(string name, string percent) => $"{name} 剩余 {percent}。";
}
