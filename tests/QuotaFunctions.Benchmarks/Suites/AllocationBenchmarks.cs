using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks.Suites;

/// <summary>
/// What a charge allocates outside of the storage clients, from the call of the engine to the message to the queue: one alone, and
/// each of those that share a commit.
/// </summary>
public class AllocationBenchmarks
{
    private const int Together = 64;

    private readonly Task<ChargeResult>[] _charges = new Task<ChargeResult>[Together];
    private EngineInstance _engine = null!;
    private ChargeRequest _request = null!;

    /// <summary>Runs them and prints their table.</summary>
    internal static void Run()
    {
        // In this process: the project is built already, and the toolchain that builds another needs packages that may be missing.
        var job = Job.ShortRun.WithToolchain(InProcessNoEmitToolchain.Instance);
        var config = ManualConfig.CreateEmpty()
            .AddJob(job)
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .HideColumns(Column.Error, Column.StdDev, Column.Gen0, Column.Gen1, Column.Gen2)
            .AddLogger(NullLogger.Instance)
            .WithArtifactsPath(Repository.PathOf("artifacts", "benchmarks"));
        var summary = BenchmarkRunner.Run<AllocationBenchmarks>(config);
        Console.WriteLine();
        MarkdownExporter.GitHub.ExportToLog(summary, ConsoleLogger.Default);
    }

    [GlobalSetup]
    public async Task StartAsync()
    {
        _engine = await EngineInstance.StartAsync("UseDevelopmentStorage=true", (new InMemoryTables(), new InMemoryQueues()));
        _request = EngineInstance.NewRequest(await _engine.NewKeyAsync(1_000_000_000_000));
        if ((await Alone()).Charge is null)
        {
            throw new InvalidOperationException("The charge was refused.");
        }
    }

    [GlobalCleanup]
    public async Task StopAsync() => await _engine.DisposeAsync();

    /// <summary>A charge that has a commit of its own.</summary>
    [Benchmark]
    public Task<ChargeResult> Alone() => _engine.Engine.ChargeAsync(_request, CancellationToken.None);

    /// <summary>A charge of those that come at once.</summary>
    [Benchmark(OperationsPerInvoke = Together)]
    public Task AmongMany()
    {
        for (var i = 0; i < Together; i++)
        {
            _charges[i] = _engine.Engine.ChargeAsync(_request, CancellationToken.None);
        }

        return Task.WhenAll(_charges);
    }
}
