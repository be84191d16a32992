using System.Reflection;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace QuotaFunctions.LocalHost;

/// <summary>What a <see cref="LocalFunctionsHost"/> runs, and where.</summary>
public sealed class LocalFunctionsHostOptions
{
    /// <summary>The app: every <c>[Function]</c> method in it becomes a function.</summary>
    public required Assembly Assembly { get; init; }

    /// <summary>The app's composition: registers its services and its worker middleware.</summary>
    public required Action<IFunctionsWorkerApplicationBuilder, IConfiguration> Configure { get; init; }

    /// <summary>Narrows the app down to some of its functions' classes. Default: all of them.</summary>
    public Func<Type, bool> IncludeType { get; init; } = static _ => true;

    /// <summary>The folder with <c>host.json</c> and <c>local.settings.json</c>, each of which may be missing. Default: the program's own.</summary>
    public string RootDirectory { get; init; } = AppContext.BaseDirectory;

    /// <summary>The loopback port for HTTP triggers. Default: 0, a free one.</summary>
    public int Port { get; init; }

    /// <summary>Settings that win over the environment and over <c>local.settings.json</c>; named as environment variables are.</summary>
    public IReadOnlyDictionary<string, string?> Settings { get; init; } = new Dictionary<string, string?>();

    /// <summary>Whether the <c>Values</c> of <c>local.settings.json</c> are settings. Default: true, as in <c>func start</c>.</summary>
    public bool UseLocalSettings { get; init; } = true;

    /// <summary>Whether the environment's variables are settings. Default: true, as in the Functions host.</summary>
    public bool UseEnvironment { get; init; } = true;

    /// <summary>A last word on the services, after the app's own: tests replace something here.</summary>
    public Action<IServiceCollection> ConfigureServices { get; init; } = static _ => { };

    /// <summary>How long requests and invocations that are under way at a stop may take to finish. Default: 30 s.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a queue message stays invisible while its function runs; renewed at half of it. Default: 10 minutes, as in the
    /// Functions host, so a message that a killed process was working on comes back that late.
    /// </summary>
    public TimeSpan MessageLease { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Where timers remember when they are due next, so that a missed one runs at the next start. Default: nowhere.</summary>
    public string? TimerStateDirectory { get; init; }

    /// <summary>Whether SIGTERM, SIGINT and SIGQUIT stop the host. Default: false.</summary>
    public bool StopOnSignals { get; init; }
}
