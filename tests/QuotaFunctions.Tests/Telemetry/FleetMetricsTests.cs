using System.Text;
using QuotaFunctions.Core.Queues;
using QuotaFunctions.Core.Telemetry;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Tests.Telemetry;

public sealed class FleetMetricsTests
{
    private static readonly FleetFigures Figures = new()
    {
        Requests = new Dictionary<string, long> { ["succeeded"] = 6, ["failed"] = 2 },
        RequestsWithdrawn = new Dictionary<string, long> { ["consumed"] = 5, ["failed"] = 1 },
        Succeeded = 6,
        Refused = new Dictionary<string, long> { ["quota_exhausted"] = 4 },
        Units = new Dictionary<string, decimal> { ["requests"] = 8, ["tokens"] = 1234, ["usd"] = 0.000001m },
        UnitsWithdrawn = new Dictionary<string, decimal> { ["tokens"] = 1000 },
        Tokens = [new TokenFigures("openai", "gpt-4o", Input: 11, Output: 22)],
        ActiveKeys = 3,
        NearestToEnd = [new KeyFigures("key_A", "requests", Limit: 10, Remaining: 2)],
        OpenAlerts = [new AlertFigures("quota_threshold", "warning", Count: 4)],
        LedgerImbalance = 0,
    };

    [Fact]
    public async Task Figures_are_written_by_their_names()
    {
        var text = await WriteAsync(metrics => metrics.Add(Figures, withKeys: true));

        Assert.Equal(6, text.Value("quota_requests_total", ("outcome", "succeeded")));
        Assert.Equal(3, text.Value("quota_requests_total", ("outcome", "failed")));
        Assert.Equal(5, text.Value("quota_requests_total", ("outcome", "consumed")));
        Assert.Equal(0, text.Value("quota_requests_withdrawn_total", ("outcome", "succeeded")));
        Assert.Equal(1, text.Value("quota_requests_withdrawn_total", ("outcome", "failed")));
        Assert.Equal(5, text.Value("quota_requests_withdrawn_total", ("outcome", "consumed")));
        Assert.Equal(2234, text.Value("quota_units_total", ("unit", "tokens")));
        Assert.Equal(1000, text.Value("quota_units_withdrawn_total", ("unit", "tokens")));
        Assert.Equal(4, text.Value("quota_refused_total", ("code", "quota_exhausted")));
        Assert.Equal(0.000001, text.Value("quota_units_total", ("unit", "usd")));
        Assert.Equal(11, text.Value("quota_tokens_total", ("direction", "in"), ("provider", "openai"), ("model", "gpt-4o")));
        Assert.Equal(22, text.Value("quota_tokens_total", ("direction", "out"), ("provider", "openai"), ("model", "gpt-4o")));
        Assert.Equal(8, text.Value("quota_total_requests"));
        Assert.Equal(75, text.Value("quota_success_rate"));
        Assert.Equal(3, text.Value("quota_active_keys"));
        Assert.Equal(0, text.Value("quota_ledger_imbalance"));
        Assert.Equal(4, text.Value("quota_alerts_open", ("rule", "quota_threshold"), ("severity", "warning")));
        Assert.Equal(10, text.Value("quota_limit", ("key", "key_A"), ("unit", "requests")));
        Assert.Equal(2, text.Value("quota_remaining", ("key", "key_A"), ("unit", "requests")));
        Assert.DoesNotContain("instance=", text.Text, StringComparison.Ordinal);
        Assert.Equal("", await text.CheckAsync());
    }

    [Fact]
    public async Task Without_a_token_no_key_is_named()
    {
        var text = await WriteAsync(metrics => metrics.Add(Figures, withKeys: false));
        Assert.DoesNotContain("key_A", text.Text, StringComparison.Ordinal);
        Assert.Equal(8, text.Value("quota_total_requests"));
    }

    [Fact]
    public async Task What_nobody_has_verified_is_not_said_to_balance_and_no_request_is_no_failure()
    {
        var text = await WriteAsync(metrics => metrics.Add(Figures with { LedgerImbalance = null, Requests = new Dictionary<string, long>(), Succeeded = 0 }, withKeys: false));
        Assert.Null(text.Value("quota_ledger_imbalance"));
        Assert.Equal(100, text.Value("quota_success_rate"));
    }

    [Fact]
    public async Task More_keys_than_the_limit_are_not_written()
    {
        var keys = Enumerable.Range(0, FleetFigures.MaxKeys + 1).Select(number => new KeyFigures($"key_{number}", "requests", 1, 1)).ToList();
        var text = await WriteAsync(metrics => metrics.Add(Figures with { NearestToEnd = keys }, withKeys: true));
        Assert.Equal(FleetFigures.MaxKeys, text.Series("quota_limit").Count);
    }

    [Fact]
    public async Task Queues_have_their_length_and_their_poison_messages()
    {
        var text = await WriteAsync(metrics => metrics.Add([new QueueStatus("audit-events", 3, 1, null), new QueueStatus("sweep-requests", 0, 0, null)]));
        Assert.Equal(3, text.Value("quota_queue_length", ("queue", "audit-events")));
        Assert.Equal(1, text.Value("quota_poison_messages", ("queue", "audit-events")));
        Assert.Equal(0, text.Value("quota_poison_messages", ("queue", "sweep-requests")));
    }

    private static async Task<PrometheusText> WriteAsync(Action<FleetMetrics> add)
    {
        var metrics = new FleetMetrics();
        add(metrics);
        using var output = new MemoryStream();
        await metrics.WriteAsync(output, CancellationToken.None);
        return new PrometheusText(Encoding.UTF8.GetString(output.ToArray()));
    }
}
