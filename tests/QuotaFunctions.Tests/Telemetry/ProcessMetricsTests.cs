using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Telemetry;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Tests.Telemetry;

public sealed class ProcessMetricsTests : IDisposable
{
    private readonly IMeterFactory _meters = TestMeters.New();
    private readonly Meter _meter;
    private readonly ProcessMetrics _metrics;

    public ProcessMetricsTests()
    {
        _meter = Instrumentation.CreateMeter(_meters);
        _metrics = new ProcessMetrics(_meters, new InstanceIdentity("the-instance"));
        _metrics.Start();
    }

    [Fact]
    public async Task A_counter_has_its_name_its_labels_and_the_instance()
    {
        var counter = _meter.CreateCounter<long>("things_total", description: "Things.");
        counter.Add(2, new TagList { { "kind", "a" }, { "status", "200" } });
        counter.Add(3, new TagList { { "kind", "a" }, { "status", "200" } });
        counter.Add(1, new TagList { { "kind", "b\"\\\n" }, { "status", "200" } });

        var text = await WriteAsync();

        Assert.Equal("counter", text.Families["things_total"]);
        Assert.Contains("# HELP things_total Things.\n", text.Text, StringComparison.Ordinal);
        Assert.Equal(5, text.Value("things_total", ("kind", "a"), ("status", "200"), ("instance", "the-instance")));
        Assert.Equal(1, text.Value("things_total", ("kind", @"b\""\\\n")));
    }

    [Fact]
    public async Task A_histogram_has_the_bounds_of_its_instrument()
    {
        var histogram = _meter.CreateHistogram("seconds", "s", "Seconds.", tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.5, 2] });
        histogram.Record(0.25);
        histogram.Record(1);
        histogram.Record(3);
        var sizes = _meter.CreateHistogram("size", null, "Sizes.", tags: null, new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 8] });
        sizes.Record(5);

        var text = await WriteAsync();

        Assert.Equal("histogram", text.Families["seconds"]);
        Assert.Equal([1, 2, 3], new[] { "0.5", "2", "+Inf" }.Select(bound => text.Value("seconds_bucket", ("le", bound))));
        Assert.Equal(3, text.Series("seconds_bucket").Count);
        Assert.Equal((4.25, 3), (text.Value("seconds_sum"), text.Value("seconds_count")));
        Assert.Equal([0, 1], new[] { "1", "8" }.Select(bound => text.Value("size_bucket", ("le", bound))));
    }

    [Fact]
    public async Task What_goes_up_and_down_and_what_is_observed_are_gauges()
    {
        var active = _meter.CreateUpDownCounter<long>("active", description: "Active.");
        active.Add(3);
        active.Add(-2);
        var open = 7;
        _meter.CreateObservableGauge("open", () => open, description: "Open.");
        _ = await WriteAsync();
        open = 5;

        var text = await WriteAsync();

        Assert.Equal((1, "gauge"), (text.Value("active"), text.Families["active"]));
        Assert.Equal((5, "gauge"), (text.Value("open"), text.Families["open"]));
    }

    [Fact]
    public async Task Instruments_of_another_host_another_meter_and_of_OpenTelemetrys_names_are_not_there()
    {
        Instrumentation.CreateMeter(TestMeters.New()).CreateCounter<long>("others_total").Add(1);
        _meters.Create("Another").CreateCounter<long>("another_total").Add(1);
        _meter.CreateCounter<long>("gen_ai.things").Add(1);
        _meter.CreateCounter<long>("own_total").Add(1);

        var text = await WriteAsync();

        Assert.Equal(["own_total"], text.Families.Keys.Where(name => !name.StartsWith("process_", StringComparison.Ordinal) && !name.StartsWith("dotnet_", StringComparison.Ordinal)));
    }

    [Fact]
    public void Nobody_listens_before_the_start()
    {
        var meters = TestMeters.New();
        using var metrics = new ProcessMetrics(meters, new InstanceIdentity("the-instance"));
        Assert.False(Instrumentation.CreateMeter(meters).CreateCounter<long>("own_total").Enabled);
    }

    public void Dispose() => _metrics.Dispose();

    private async Task<PrometheusText> WriteAsync()
    {
        using var output = new MemoryStream();
        await _metrics.WriteAsync(output, CancellationToken.None);
        return new PrometheusText(Encoding.UTF8.GetString(output.ToArray()));
    }
}
