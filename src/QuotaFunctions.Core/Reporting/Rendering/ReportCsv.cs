using QuotaFunctions.Core.Csv;

namespace QuotaFunctions.Core.Reporting.Rendering;

/// <summary>Renders a report as CSV: a row for each key, those with the most requests first.</summary>
public static class ReportCsv
{
    private static readonly string[] Columns =
    [
        "key", "name", "tenant", "active", "requests", "requests_before", "success", "failed", "refunded", "unknown", "refused", "tokens_in", "tokens_out", "cost", "latency_p50_ms",
        "latency_p95_ms", "latency_p99_ms", "unit", "limit", "remaining", "usage_rate", "last_used_at", "runs_out_at", "refills_at",
    ];

    /// <summary>Renders it as UTF-8.</summary>
    public static async Task<byte[]> RenderAsync(QuotaReport report, CancellationToken cancellationToken)
    {
        using var stream = new MemoryStream();
        await CsvLines.WriteAsync(stream, Columns, report.Keys.ToAsyncEnumerable().Select(CellsOf), cancellationToken);
        return stream.ToArray();
    }

    private static IReadOnlyList<object?> CellsOf(ReportKey key) =>
    [
        key.Key, key.Name, key.Tenant, key.IsActive, key.Requests, key.RequestsBefore, key.Success, key.Failed, key.Refunded, key.Unknown, key.Refused, key.TokensIn, key.TokensOut, key.Cost,
        key.LatencyP50Ms, key.LatencyP95Ms, key.LatencyP99Ms, ReportFormat.Unit(key.Unit), key.Limit, key.Remaining, key.UsageRate, key.LastUsedAt, key.RunsOutAt, key.RefillsAt,
    ];
}
