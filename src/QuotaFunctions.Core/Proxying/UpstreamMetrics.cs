using System.Diagnostics;
using System.Diagnostics.Metrics;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Proxying;

/// <summary>Measures calls to upstreams.</summary>
internal sealed class UpstreamMetrics
{
    /// <summary>Models that the metrics tell apart.</summary>
    public const int MaxModels = 100;

    private readonly BoundedNames _models = new(MaxModels);
    private readonly Histogram<double> _seconds;
    private readonly Histogram<double> _firstByte;
    private readonly Histogram<double> _operations;
    private readonly Histogram<long> _tokens;

    /// <summary>With the instruments of one host.</summary>
    public UpstreamMetrics(IMeterFactory meters)
    {
        var meter = Instrumentation.CreateMeter(meters);
        _seconds = meter.CreateHistogram(
            "quota_upstream_seconds", "s", "From sending a request to an upstream to the end of its answer.", tags: null, Instrumentation.RequestSeconds);
        _firstByte = meter.CreateHistogram(
            "quota_time_to_first_byte_seconds", "s", "From sending a request to an upstream to the headers of its answer.", tags: null, Instrumentation.RequestSeconds);
        _operations = meter.CreateHistogram(
            "gen_ai.client.operation.duration",
            "s",
            "GenAI operation duration.",
            tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92] });
        _tokens = meter.CreateHistogram(
            "gen_ai.client.token.usage",
            "{token}",
            "Number of input and output tokens used.",
            tags: null,
            new InstrumentAdvice<long>
            {
                HistogramBucketBoundaries = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864],
            });
    }

    /// <summary>The headers of an answer are there.</summary>
    public void Answered(string provider, TimeSpan took) => _firstByte.Record(took.TotalSeconds, new KeyValuePair<string, object?>("provider", provider));

    /// <summary>A call has ended.</summary>
    public void Ended(string provider, TimeSpan took) => _seconds.Record(took.TotalSeconds, new KeyValuePair<string, object?>("provider", provider));

    /// <summary>A model has been asked.</summary>
    /// <param name="operation">The conventions' name of the operation.</param>
    /// <param name="provider">The conventions' name of the provider.</param>
    /// <param name="model">The model; null where none was named, or none answered.</param>
    /// <param name="took">How long it took.</param>
    /// <param name="error">What went wrong; null for nothing.</param>
    /// <param name="usage">The tokens that it says it used; null where it does not say.</param>
    public void AskedModel(string operation, string provider, string? model, TimeSpan took, string? error, TokenUsageReader? usage)
    {
        if (!_operations.Enabled && !_tokens.Enabled)
        {
            return;
        }

        var tags = new TagList { { "gen_ai.operation.name", operation }, { "gen_ai.provider.name", provider } };
        if (model is not null)
        {
            tags.Add("gen_ai.request.model", _models.Of(model));
        }

        RecordTokens(usage?.Input, "input", tags);
        RecordTokens(usage?.Output, "output", tags);
        if (error is not null)
        {
            tags.Add("error.type", error);
        }

        _operations.Record(took.TotalSeconds, tags);
    }

    private void RecordTokens(long? tokens, string type, TagList tags)
    {
        if (tokens is { } number)
        {
            tags.Add("gen_ai.token.type", type);
            _tokens.Record(number, tags);
        }
    }
}
