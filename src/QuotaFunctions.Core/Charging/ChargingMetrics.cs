using System.Diagnostics.Metrics;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Charging;

/// <summary>Measures decisions and commits.</summary>
internal sealed class ChargingMetrics
{
    private readonly Histogram<double> _decisions;
    private readonly Histogram<int> _batches;
    private readonly Counter<long> _conflicts;
    private long _decided;

    /// <summary>With the instruments of one host.</summary>
    public ChargingMetrics(IMeterFactory meters, InFlightCharges inFlight)
    {
        var meter = Instrumentation.CreateMeter(meters);
        _decisions = meter.CreateHistogram(
            "quota_decision_seconds",
            "s",
            "How long it took to decide a charge, storage included.",
            tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });
        _batches = meter.CreateHistogram(
            "quota_commit_batch_size",
            "{entry}",
            "Ledger entries that one commit wrote together.",
            tags: null,
            new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512] });
        _conflicts = meter.CreateCounter<long>("quota_commit_conflicts_total", description: "Commits that were decided again as another instance was faster.");
        meter.CreateObservableGauge("quota_open_charges", () => inFlight.Count, description: "Forwarded charges of this instance that are not settled yet.");
    }

    /// <summary>Charges that this process has decided, whatever it decided.</summary>
    public long DecidedCount => Volatile.Read(ref _decided);

    /// <summary>A charge was decided.</summary>
    public void Decided(TimeSpan took)
    {
        _decisions.Record(took.TotalSeconds);
        Interlocked.Increment(ref _decided);
    }

    /// <summary>A commit is in storage.</summary>
    public void Committed(int entries)
    {
        _batches.Record(entries);

        // So that the counter is there from the first commit on
        _conflicts.Add(0);
    }

    /// <summary>Another instance was faster.</summary>
    public void Conflict() => _conflicts.Add(1);
}
