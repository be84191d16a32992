using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests.Telemetry;

/// <summary>scripts/metrics-to-prometheus.sh, as cron runs it.</summary>
[Collection(AppFixture.Name)]
public sealed class MetricsScriptTests(AppFixture app) : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("metrics-");

    private string File => Path.Combine(_folder.FullName, "quota.prom");

    [Fact]
    public async Task It_writes_what_node_exporter_can_take()
    {
        // So that something was counted
        using var answer = await app.Anyone.GetAsync("/healthz");
        Assert.Equal(0, await RunAsync("-u", app.Host.BaseAddress.ToString(), "-o", File));

        var text = new PrometheusText(await System.IO.File.ReadAllTextAsync(File));
        Assert.Contains("quota_queue_length", text.Families.Keys);
        Assert.Contains("dotnet_total_memory_bytes", text.Families.Keys);
        Assert.DoesNotContain(text.Families.Keys, name => name.StartsWith("process_", StringComparison.Ordinal));
        Assert.Equal("", await text.CheckAsync());
        Assert.Equal([File], Directory.GetFiles(_folder.FullName));
        Assert.True(!OperatingSystem.IsWindows() && System.IO.File.GetUnixFileMode(File).HasFlag(UnixFileMode.OtherRead));
    }

    [Fact]
    public async Task Where_the_service_does_not_answer_the_file_stays_as_it_was()
    {
        await System.IO.File.WriteAllTextAsync(File, "as it was");
        Assert.Equal(1, await RunAsync("-u", $"http://127.0.0.1:{FreePorts.Take(1)[0]}", "-o", File));
        Assert.Equal("as it was", await System.IO.File.ReadAllTextAsync(File));
        Assert.Equal([File], Directory.GetFiles(_folder.FullName));
    }

    [Theory]
    [InlineData("--verbose")]
    [InlineData("-o")]
    [InlineData("-o", "/nowhere/quota.prom")]
    public async Task What_it_does_not_understand_it_refuses(params string[] arguments) => Assert.Equal(2, await RunAsync(arguments));

    public void Dispose() => _folder.Delete(recursive: true);

    private async Task<int> RunAsync(params string[] arguments)
    {
        await using var script = ChildProcess.Start(
            Repository.PathOf("scripts", "metrics-to-prometheus.sh"), arguments, _folder.FullName, [new("METRICS_TOKEN", null), new("ADMIN_TOKEN", AppSettings.AdminToken)]);
        script.CloseInput();
        return await script.WaitForExitAsync();
    }
}
