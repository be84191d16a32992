using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Prometheus;

namespace QuotaFunctions.Core.Telemetry;

/// <summary>One of the service's instruments as Prometheus has it. Its labels are the tags of the first measurement; all others must have the same, in the same order.</summary>
internal abstract class PrometheusFamily
{
    /// <summary>The most labels of a family.</summary>
    private const int MaxLabels = 8;

    /// <summary>Takes a measurement.</summary>
    public abstract void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags);

    /// <summary>The family of an instrument; null for a kind of instrument that the service does not use.</summary>
    public static PrometheusFamily? Of(Instrument instrument, IMetricFactory factory)
    {
        var (name, help) = (instrument.Name, instrument.Description ?? "");
        return instrument switch
        {
            Counter<long> => new Family<Counter.Child>(
                labels => factory.CreateCounter(name, help, labels, new CounterConfiguration { ExemplarBehavior = ExemplarBehavior.NoExemplars() }),
                static (counter, value) => counter.Inc(value)),
            UpDownCounter<long> => new Family<Gauge.Child>(labels => factory.CreateGauge(name, help, labels), static (gauge, value) => gauge.Inc(value)),
            ObservableGauge<int> => new Family<Gauge.Child>(labels => factory.CreateGauge(name, help, labels), static (gauge, value) => gauge.Set(value)),
            Histogram<double> { Advice: var advice } => Histogram(advice?.HistogramBucketBoundaries?.ToArray()),
            Histogram<int> { Advice: var advice } => Histogram(advice?.HistogramBucketBoundaries?.Select(static bound => (double)bound).ToArray()),
            _ => null,
        };

        PrometheusFamily Histogram(double[]? buckets) => new Family<Histogram.Child>(
            labels => factory.CreateHistogram(
                name, help, labels, new HistogramConfiguration { Buckets = buckets, ExemplarBehavior = ExemplarBehavior.NoExemplars() }),
            static (histogram, value) => histogram.Observe(value));
    }

    private sealed class Family<TChild>(Func<string[], Collector<TChild>> create, Action<TChild, double> record) : PrometheusFamily
        where TChild : ChildBase
    {
        private Collector<TChild>? _collector;

        public override void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            // Two at once make the same one: the registry has one for a name
            var collector = _collector ??= create(NamesOf(tags));
            var buffer = default(Labels);
            Span<string> values = buffer;
            for (var i = 0; i < tags.Length; i++)
            {
                values[i] = tags[i].Value as string ?? "";
            }

            record(collector.WithLabels(values[..tags.Length]), value);
        }

        private static string[] NamesOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var names = new string[tags.Length];
            for (var i = 0; i < tags.Length; i++)
            {
                names[i] = tags[i].Key;
            }

            return names;
        }
    }

    [InlineArray(MaxLabels)]
    private struct Labels
    {
        private string _first;
    }
}
