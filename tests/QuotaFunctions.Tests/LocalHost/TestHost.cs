using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using QuotaFunctions.LocalHost;

namespace QuotaFunctions.Tests.LocalHost;

/// <summary>Starts the local host with the functions of some of this assembly's classes.</summary>
internal static class TestHost
{
    public static Task<LocalFunctionsHost> StartAsync(
        Type functions,
        Action<IFunctionsWorkerApplicationBuilder>? configure = null,
        Action<IServiceCollection>? services = null,
        Dictionary<string, string?>? settings = null,
        string? root = null,
        string? timerState = null,
        TimeSpan? drainTimeout = null) =>
        LocalFunctionsHost.StartAsync(new LocalFunctionsHostOptions
        {
            Assembly = typeof(TestHost).Assembly,
            IncludeType = type => type == functions,
            Configure = (app, _) => configure?.Invoke(app),
            ConfigureServices = services ?? (_ => { }),
            Settings = settings ?? [],
            UseEnvironment = false,
            RootDirectory = root ?? NoHostJson,
            TimerStateDirectory = timerState,
            DrainTimeout = drainTimeout ?? TimeSpan.FromSeconds(30),
        });

    /// <summary>A folder without any files of the host.</summary>
    private static string NoHostJson { get; } = Directory.CreateTempSubdirectory("no-host-json-").FullName;
}
