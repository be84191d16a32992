using System.Collections.Concurrent;
using System.Diagnostics;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Tests.Telemetry;

/// <summary>Collects the service's spans of one trace, which others do not have part in.</summary>
internal sealed class SpanCollector : IDisposable
{
    private readonly ConcurrentQueue<Activity> _spans = new();
    private readonly ActivityListener _listener;
    private readonly Activity _client;

    /// <summary>Begins a trace, which is current from now on.</summary>
    public SpanCollector()
    {
        Activity.Current = null;
        _client = new Activity("client").Start();
        _listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == Instrumentation.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.TraceId == _client.TraceId ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = _spans.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>The span that all others stem from.</summary>
    public Activity Client => _client;

    /// <summary>The spans that have ended.</summary>
    public IReadOnlyList<Activity> Spans => [.. _spans.Where(span => span.TraceId == _client.TraceId)];

    /// <summary>The only span of this name.</summary>
    public Activity Span(string name) => Assert.Single(Spans, span => span.DisplayName == name);

    public void Dispose()
    {
        _listener.Dispose();
        _client.Stop();
    }
}
