using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Azure;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using QuotaFunctions.LocalHost.Functions;
using QuotaFunctions.LocalHost.Http;
using QuotaFunctions.LocalHost.Queues;
using QuotaFunctions.LocalHost.Timers;

namespace QuotaFunctions.LocalHost;

/// <summary>
/// A small Functions host: runs the functions of an app, found by their attributes, on Kestrel, without Core Tools. Routes, queues,
/// timers, middleware and settings behave as they do in the Functions host, and what that refuses is refused here.
/// </summary>
public sealed class LocalFunctionsHost : IAsyncDisposable
{
    private const long DefaultBodySizeLimit = 100 * 1024 * 1024;

    // Above the drain: what the app's own services may take to stop.
    private static readonly TimeSpan StopAllowance = TimeSpan.FromSeconds(15);
    private readonly WebApplication _application;
    private bool _begun;

    private LocalFunctionsHost(WebApplication application) => _application = application;

    /// <summary>Where the HTTP triggers listen.</summary>
    public Uri BaseAddress { get; private set; } = null!;

    /// <summary>The app's services.</summary>
    public IServiceProvider Services => _application.Services;

    /// <summary>Composes the app and starts it; returns when it serves.</summary>
    /// <exception cref="HostStartException">The app, <c>host.json</c> or a setting keeps it from starting.</exception>
    /// <exception cref="OptionsValidationException">The app refuses one of its settings.</exception>
    public static async Task<LocalFunctionsHost> StartAsync(LocalFunctionsHostOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var host = new LocalFunctionsHost(Build(options));
        try
        {
            // Before the start does it, which would put the whole exception into the log first.
            host.Services.GetService<IStartupValidator>()?.Validate();

            // A service that refuses to be made does so here: what never began to start cannot be stopped.
            _ = host.Services.GetServices<IHostedService>();
            host._begun = true;
            await host._application.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            // What had started already is stopped in order, or it would complain of being cut off.
            await host.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        host.BaseAddress = new Uri(host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return host;
    }

    /// <summary>Waits until a signal or the app itself has stopped the host.</summary>
    public Task WaitForShutdownAsync(CancellationToken cancellationToken = default) => _application.WaitForShutdownAsync(cancellationToken);

    /// <summary>Takes no new work, waits for what is under way, then stops the app's services.</summary>
    public Task StopAsync(CancellationToken cancellationToken = default) => _application.StopAsync(cancellationToken);

    /// <summary>Stops the host, if it still runs, and lets go of everything.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_begun)
        {
            await _application.StopAsync().ConfigureAwait(false);
        }

        await _application.DisposeAsync().ConfigureAwait(false);
    }

    private static WebApplication Build(LocalFunctionsHostOptions options)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions
        {
            ApplicationName = options.Assembly.GetName().Name,
            ContentRootPath = options.RootDirectory,
        });
        builder.Configuration.AddLocalSettings(options);

        // As the worker does in development: what cannot be made is found at the start, not by a request
        builder.Host.UseDefaultServiceProvider(static services => services.ValidateOnBuild = services.ValidateScopes = true);
        var hostJson = HostJson.Load(options.RootDirectory, builder.Configuration);
        AddLogging(builder.Logging, hostJson);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;

            // Headers of upstreams in any encoding: byte by byte, as they came
            kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
            kestrel.Listen(IPAddress.Loopback, options.Port, endpoint => endpoint.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddRouting();
        builder.Services.AddAzureClientsCore();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.DrainTimeout + StopAllowance);
        if (!options.StopOnSignals)
        {
            builder.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, NoSignals>());
        }

        var pipeline = new WorkerPipeline(builder.Services);
        options.Configure(pipeline, builder.Configuration);
        options.ConfigureServices(builder.Services);
        var hostLimit = builder.Configuration.GetValue("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", DefaultBodySizeLimit);
        builder.Services.PostConfigure<KestrelServerOptions>(kestrel =>
            kestrel.Limits.MaxRequestBodySize = Math.Min(kestrel.Limits.MaxRequestBodySize ?? hostLimit, hostLimit));

        builder.Services.AddSingleton(services => new InvocationLimits(hostJson.FunctionTimeout, services.GetRequiredService<TimeProvider>()));

        // Last, so that it is the first to learn of a stop.
        var functions = FunctionDiscovery.Find(options, builder.Configuration);
        builder.Services.AddSingleton<IHostedService>(services => new TriggerService(
            BuildListeners(functions, pipeline, hostJson, options, services),
            services.GetRequiredService<IServer>(),
            options.DrainTimeout,
            services.GetRequiredService<InvocationLimits>(),
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<LocalFunctionsHost>>()));

        var application = builder.Build();
        var logger = application.Services.GetRequiredService<ILogger<LocalFunctionsHost>>();
        application.UseRouting();
        ((IEndpointRouteBuilder)application).DataSources.Add(new DefaultEndpointDataSource(
            HttpTriggers.Build(functions, hostJson.RoutePrefix, pipeline.Build, application.Services.GetRequiredService<InvocationLimits>(), logger)));
        application.Run(HttpTriggers.DispatchAsync);
        return application;
    }

    private static List<ITriggerListener> BuildListeners(
        IReadOnlyList<LocalFunction> functions, WorkerPipeline pipeline, HostJson hostJson, LocalFunctionsHostOptions options, IServiceProvider services)
    {
        var configuration = services.GetRequiredService<IConfiguration>();
        var scopes = services.GetRequiredService<IServiceScopeFactory>();
        var time = services.GetRequiredService<TimeProvider>();
        var logger = services.GetRequiredService<ILogger<LocalFunctionsHost>>();
        var connections = new QueueConnections(configuration, services.GetRequiredService<AzureComponentFactory>());
        var states = new TimerStateStore(options.TimerStateDirectory);
        var listeners = new List<ITriggerListener>();
        foreach (var function in functions)
        {
            switch (function.Trigger)
            {
                case QueueTriggerAttribute trigger:
                    var name = configuration.Expand(trigger.QueueName, function.Name);
                    const string poisonSuffix = "-poison";
                    listeners.Add(new QueueListener(
                        function,
                        pipeline.Build(function),
                        connections.Open(trigger.Connection, name, function.Name),
                        name.EndsWith(poisonSuffix, StringComparison.Ordinal) ? null : connections.Open(trigger.Connection, name + poisonSuffix, function.Name),
                        hostJson.Queues,
                        options.MessageLease,
                        scopes,
                        time,
                        logger));
                    break;
                case TimerTriggerAttribute trigger:
                    listeners.Add(new TimerListener(
                        function, pipeline.Build(function), ReadSchedule(configuration.Expand(trigger.Schedule, function.Name), function.Name), states, scopes, time, logger));
                    break;
            }
        }

        return listeners;
    }

    private static TimerSchedule ReadSchedule(string text, string functionName)
    {
        try
        {
            return TimerSchedule.Parse(text);
        }
        catch (FormatException exception)
        {
            throw new HostStartException($"function {functionName}: its schedule: {exception.Message}", exception);
        }
    }

    private static void AddLogging(ILoggingBuilder logging, HostJson hostJson)
    {
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
        });
        logging.SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Warning).AddFilter("System.Net.Http", LogLevel.Warning);

        // A failed start is told by the exception that StartAsync throws, in one line and not in fifty.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        foreach (var (category, level) in hostJson.LogLevels)
        {
            logging.AddFilter(category.Equals("default", StringComparison.OrdinalIgnoreCase) ? null : category, level);
        }
    }

    /// <summary>A host inside another program leaves the signals to that program.</summary>
    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
