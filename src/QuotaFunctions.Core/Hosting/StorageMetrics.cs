using System.Diagnostics.Metrics;

namespace QuotaFunctions.Core.Hosting;

/// <summary>Counts what could not be done because of storage.</summary>
public sealed class StorageMetrics
{
    private readonly Counter<long> _unavailable;

    /// <summary>With the instruments of one host.</summary>
    public StorageMetrics(IMeterFactory meters) => _unavailable = Instrumentation.CreateMeter(meters).CreateCounter<long>(
        "quota_unavailable_total", description: "Requests refused with 503 quota_unavailable, by what was wrong with storage.");

    /// <summary>A request is refused as storage is away.</summary>
    public void Unavailable(Exception exception)
    {
        if (_unavailable.Enabled)
        {
            _unavailable.Add(1, new KeyValuePair<string, object?>("cause", StorageErrors.Cause(exception)));
        }
    }
}
