using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Reporting;
using QuotaFunctions.Core.Usage;

namespace QuotaFunctions.Tests.Reporting;

/// <summary>Reports of made-up usage: November 2026 in Zurich, made on the first of December.</summary>
internal sealed class Reports
{
    public static readonly DateTimeOffset Now = new(2026, 12, 1, 8, 0, 0, TimeSpan.Zero);

    public static readonly ReportRequest November = new() { Period = ReportPeriodKind.Month, TimeZone = "Europe/Zurich" };

    private readonly List<UsageItem> _usage = [];
    private readonly List<UsageItem> _before = [];
    private readonly List<UsageItem> _byModel = [];
    private readonly Dictionary<string, IndexedKey> _keys = [];

    public ReportOptions Options { get; } = new() { PublicUrl = "https://quota.example.com" };

    /// <summary>Adds a key with what it did.</summary>
    public string Add(
        string name = "a key", long succeeded = 0, long failed = 0, long before = 0, KeyStanding? standing = null, KeyStatus status = KeyStatus.Active,
        DateTimeOffset? expiresAt = null, string? model = "gpt", string? tenant = null, long refused = 0)
    {
        var id = $"key_{_keys.Count:D20}";
        _keys[id] = new IndexedKey(id, name, tenant, status, expiresAt, QuotaUnit.Requests, 1000);
        standing ??= Standing(limit: 1000, remaining: 900);
        _usage.Add(new UsageItem(id, null, Counts(succeeded, failed), name, tenant, standing, refused));
        if (before > 0)
        {
            _before.Add(new UsageItem(id, null, Counts(before, 0), name, tenant, standing));
        }

        if (succeeded + failed > 0)
        {
            var (period, _) = ReportPeriods.Of(November, Now);
            _byModel.Add(new UsageItem(model, period.From, Counts(succeeded, failed)));
        }

        return id;
    }

    public QuotaReport Compose(ReportRequest? request = null)
    {
        var (period, before) = ReportPeriods.Of(request ?? November, Now);
        return ReportComposer.Compose(
            request ?? November, period, before, new ReportData(Sum(_usage), Sum(_before), Sum(_byModel), _keys, IsHealthy: true), Options, Now);
    }

    public static KeyStanding Standing(long? limit, long? remaining, DateTimeOffset? resetsAt = null, QuotaUnit unit = QuotaUnit.Requests) =>
        new(unit, limit, (limit - remaining) ?? 0, remaining, Now.AddHours(-1), resetsAt);

    private static UsageReport Sum(List<UsageItem> items)
    {
        var total = new UsageCounts();
        items.ForEach(item => total.Add(item.Counts));
        return new UsageReport(items, total, items.Sum(item => item.Refused));
    }

    private static UsageCounts Counts(long succeeded, long failed)
    {
        var counts = new UsageCounts { Units = succeeded + failed, TokensIn = 10 * succeeded, TokensOut = 5 * succeeded };
        counts.Add("succeeded", succeeded);
        counts.Add("failed", failed);
        if (succeeded > 0)
        {
            counts.Latency.Add(300);
        }

        return counts;
    }
}
