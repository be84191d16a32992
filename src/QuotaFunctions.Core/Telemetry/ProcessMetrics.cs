using System.Diagnostics.Metrics;
using Prometheus;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Telemetry;

/// <summary>
/// What this process has measured, as Prometheus has it, each series with the instance's name. It listens to the service's own
/// instruments: prometheus-net's adapter would make gauges of all counters, and put the meter's name in front of theirs.
/// </summary>
internal sealed class ProcessMetrics : IDisposable
{
    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    private readonly MeterListener _listener = new();

    /// <summary>Not listening yet.</summary>
    /// <param name="meters">Whose instruments are listened to: another host in this process has others.</param>
    /// <param name="instance">The name of this process.</param>
    public ProcessMetrics(IMeterFactory meters, InstanceIdentity instance)
    {
        _registry.SetStaticLabels(new Dictionary<string, string> { ["instance"] = instance.Id });
        var factory = Metrics.WithCustomRegistry(_registry);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // Names with dots are of OpenTelemetry's conventions, for its exporters
            if (instrument.Meter.Name == Instrumentation.Name && ReferenceEquals(instrument.Meter.Scope, meters)
                && !instrument.Name.Contains('.', StringComparison.Ordinal) && PrometheusFamily.Of(instrument, factory) is { } family)
            {
                listener.EnableMeasurementEvents(instrument, family);
            }
        };
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, family) => ((PrometheusFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, family) => ((PrometheusFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, family) => ((PrometheusFamily)family!).Record(value, tags));
    }

    /// <summary>Listens from now on.</summary>
    public void Start()
    {
        DotNetStats.Register(_registry);
        _listener.Start();
    }

    /// <summary>Writes all that was measured.</summary>
    public Task WriteAsync(Stream output, CancellationToken cancellationToken)
    {
        _listener.RecordObservableInstruments();
        return _registry.CollectAndExportAsTextAsync(output, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();
}
