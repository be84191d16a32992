using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Proxying;
using QuotaFunctions.Tests.Telemetry;

namespace QuotaFunctions.Tests.Proxying;

/// <summary>What is told of a call to an upstream.</summary>
public sealed class UpstreamTelemetryTests
{
    private readonly IMeterFactory _meters = TestMeters.New();
    private readonly FakeTimeProvider _time = new();
    private readonly UpstreamMetrics _metrics;

    public UpstreamTelemetryTests() => _metrics = new UpstreamMetrics(_meters);

    [Fact]
    public void A_model_that_was_asked_is_told_by_the_conventions()
    {
        using var spans = new SpanCollector();
        using var tokens = Collect<long>("gen_ai.client.token.usage");
        using var seconds = Collect<double>("quota_upstream_seconds");
        using var firstByte = Collect<double>("quota_time_to_first_byte_seconds");
        var call = Begin("claude", "https://api.example.com/v1/messages?key=a-secret", "claude-4");
        Assert.Equal(Activity.Current!.Id, call.TraceParent);
        _time.Advance(TimeSpan.FromSeconds(1));
        call.Answered();
        _time.Advance(TimeSpan.FromSeconds(2));
        call.Ended(new ForwardResult(ForwardOutcome.Answered, 200), Usage("""{"usage":{"input_tokens":11,"cache_read_input_tokens":100,"output_tokens":22}}"""));
        call.Ended(new ForwardResult(ForwardOutcome.Truncated));

        var span = spans.Span("chat claude-4");
        Assert.Equal((ActivityKind.Client, ActivityStatusCode.Unset), (span.Kind, span.Status));
        Assert.Equal("anthropic", span.GetTagItem("gen_ai.provider.name"));
        Assert.Equal("claude-4", span.GetTagItem("gen_ai.request.model"));
        Assert.Equal(111L, span.GetTagItem("gen_ai.usage.input_tokens"));
        Assert.Equal(22L, span.GetTagItem("gen_ai.usage.output_tokens"));
        Assert.Equal(200, span.GetTagItem("http.response.status_code"));
        Assert.DoesNotContain(span.TagObjects, tag => tag.Value?.ToString()?.Contains("a-secret", StringComparison.Ordinal) == true);
        Assert.Equal([("input", 111L), ("output", 22L)], tokens.GetMeasurementSnapshot().Select(measured => ((string)measured.Tags["gen_ai.token.type"]!, measured.Value)));
        Assert.Equal(1, Assert.Single(firstByte.GetMeasurementSnapshot()).Value);
        Assert.Equal(3, Assert.Single(seconds.GetMeasurementSnapshot()).Value);
    }

    [Theory]
    [InlineData(ForwardOutcome.Answered, 500, "500")]
    [InlineData(ForwardOutcome.Answered, 404, "404")]
    [InlineData(ForwardOutcome.Unreachable, 0, "unreachable")]
    [InlineData(ForwardOutcome.TimedOut, 0, "timed_out")]
    [InlineData(ForwardOutcome.Truncated, 200, "truncated")]
    public void What_went_wrong_is_told_and_the_model_that_nobody_answered_for_is_not(ForwardOutcome end, int status, string error)
    {
        using var spans = new SpanCollector();
        using var operations = Collect<double>("gen_ai.client.operation.duration");
        Begin("openai", "https://api.example.com/v1/embeddings", "a-clients-word").Ended(new ForwardResult(end, status));

        var span = spans.Span("embeddings a-clients-word");
        Assert.Equal((error, ActivityStatusCode.Error), (span.GetTagItem("error.type"), span.Status));
        var operation = Assert.Single(operations.GetMeasurementSnapshot());
        Assert.Equal(error, operation.Tags["error.type"]);
        Assert.False(operation.Tags.ContainsKey("gen_ai.request.model"));
    }

    [Fact]
    public void What_asks_no_model_is_a_plain_call()
    {
        using var spans = new SpanCollector();
        using var operations = Collect<double>("gen_ai.client.operation.duration");
        var call = Begin("weather", "https://api.example.com/today", null);
        call.Ended(new ForwardResult(ForwardOutcome.Answered, 200));
        Assert.Null(spans.Span("POST").GetTagItem("gen_ai.operation.name"));
        Assert.Empty(operations.GetMeasurementSnapshot());
    }

    [Fact]
    public void While_nobody_listens_there_is_no_trace()
    {
        var call = Begin("openai", "https://api.example.com/v1/chat/completions", "gpt-4o");
        Assert.Null(call.TraceParent);
        call.Answered();
        call.Ended(new ForwardResult(ForwardOutcome.Answered, 200));
    }

    [Theory]
    [InlineData("/v1/chat/completions", "chat")]
    [InlineData("/openai/deployments/d/completions", "text_completion")]
    [InlineData("/v1beta/models/gemini-2:streamGenerateContent", "generate_content")]
    [InlineData("/v1/models", null)]
    public void An_operation_is_known_by_the_end_of_its_path(string path, string? operation) => Assert.Equal(operation, GenAI.OperationOf(path));

    [Fact]
    public void Names_beyond_the_limit_are_one()
    {
        var names = new BoundedNames(2);
        Assert.Equal(["a", "b", "other", "a", "b"], new[] { "a", "b", "c", "A", "b" }.Select(names.Of));
    }

    private MetricCollector<T> Collect<T>(string instrument)
        where T : struct => new(_meters, Instrumentation.Name, instrument);

    private UpstreamCall Begin(string provider, string target, string? model) => new(
        _metrics,
        new UpstreamRequest
        {
            Provider = new Provider { Name = provider, BaseUrl = new Uri("https://api.example.com") },
            Target = new Uri(target),
            Method = HttpMethod.Post,
            Charged = new ChargeTarget(provider, model, "/", 1),
            Headers = [],
            RequestId = "the-request",
        },
        model,
        _time);

    private static TokenUsageReader Usage(string json)
    {
        var usage = TokenUsageReader.For(isEncoded: false)!;
        usage.Read(Encoding.UTF8.GetBytes(json));
        return usage;
    }
}
