using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Proxying;

namespace QuotaFunctions.Tests.Telemetry;

/// <summary>Makes instruments, those of each test apart from all others'.</summary>
internal static class TestMeters
{
    public static IMeterFactory New() => new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();

    public static ChargingMetrics Charging() => new(New(), new InFlightCharges());

    public static UpstreamMetrics Upstream() => new(New());

    public static StorageMetrics Storage() => new(New());
}
