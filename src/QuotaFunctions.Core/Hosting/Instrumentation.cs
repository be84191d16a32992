using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace QuotaFunctions.Core.Hosting;

/// <summary>What the service measures and traces itself by. Every area has its instruments beside what they measure; who reads them, it does not know.</summary>
public static class Instrumentation
{
    /// <summary>The name of the meter and of the source of spans.</summary>
    public const string Name = "QuotaFunctions";

    /// <summary>Makes the spans; none while nobody listens.</summary>
    public static readonly ActivitySource Activities = new(Name);

    /// <summary>Bounds of the histograms of whole requests, in seconds.</summary>
    public static readonly InstrumentAdvice<double> RequestSeconds = new()
    {
        HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    };

    /// <summary>The service's meter. All areas have the same.</summary>
    public static Meter CreateMeter(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        return meters.Create(Name);
    }
}
