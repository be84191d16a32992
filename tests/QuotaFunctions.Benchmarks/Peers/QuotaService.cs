using System.Globalization;
using Azure.Storage.Queues;
using Microsoft.Extensions.DependencyInjection;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks.Peers;

/// <summary>The service as a process of its own, on an Azurite that nobody has used yet: its tables grow slower with every row.</summary>
internal sealed class QuotaService : IAsyncDisposable
{
    /// <summary>A quota that no load uses up.</summary>
    public const long PlentyOfQuota = 1_000_000_000;

    private const int AtOnce = 32;
    private static readonly TimeSpan LogTimeout = TimeSpan.FromSeconds(30);

    private readonly List<AppProcess> _apps = [];
    private readonly Dictionary<string, string?> _settings;

    private QuotaService(AzuriteProcess azurite, EngineInstance engine, Dictionary<string, string?> settings)
    {
        Azurite = azurite;
        Engine = engine;
        _settings = settings;
    }

    /// <summary>Its storage.</summary>
    public AzuriteProcess Azurite { get; }

    /// <summary>An engine on the same storage, which makes its keys and fills its log.</summary>
    public EngineInstance Engine { get; }

    /// <summary>Its processes.</summary>
    public IReadOnlyList<AppProcess> Apps => _apps;

    /// <summary>Where the first of them listens.</summary>
    public Uri Address => _apps[0].BaseAddress;

    /// <summary>Starts one process of it, or more.</summary>
    /// <param name="processes">How many.</param>
    /// <param name="settings">Settings beyond what it needs.</param>
    /// <param name="inMemory">Whether Azurite keeps nothing on disk: saving large tables stops it for seconds.</param>
    public static async Task<QuotaService> StartAsync(int processes = 1, IReadOnlyDictionary<string, string?>? settings = null, bool inMemory = false)
    {
        var azurite = await AzuriteProcess.StartAsync(inMemory);
        return await StartAsync(azurite, azurite.ConnectionString, processes, settings);
    }

    /// <summary>Starts it on a storage that ends with it.</summary>
    /// <param name="azurite">The storage.</param>
    /// <param name="connectionString">How it reaches that.</param>
    /// <param name="processes">How many processes.</param>
    /// <param name="settings">Settings beyond what it needs.</param>
    public static async Task<QuotaService> StartAsync(
        AzuriteProcess azurite, string connectionString, int processes = 1, IReadOnlyDictionary<string, string?>? settings = null)
    {
        var all = AppSettings.For(connectionString);
        all["TABLE_PREFIX"] = "bench";
        foreach (var (name, value) in settings ?? new Dictionary<string, string?>())
        {
            all[name] = value;
        }

        var service = new QuotaService(azurite, await EngineInstance.StartPatientAsync(azurite.ConnectionString), all);
        for (var process = 0; process < processes; process++)
        {
            await service.AddProcessAsync();
        }

        return service;
    }

    /// <summary>Starts one process more.</summary>
    public async Task<AppProcess> AddProcessAsync()
    {
        var app = await AppProcess.StartAsync(_settings);
        _apps.Add(app);

        // On a signal, too, it ends with this process.
        AppDomain.CurrentDomain.ProcessExit += (_, _) => _ = app.KillAsync();
        return app;
    }

    /// <summary>Ends a process.</summary>
    public async Task EndProcessAsync(AppProcess app)
    {
        _apps.Remove(app);
        await app.DisposeAsync();
    }

    /// <summary>The secrets of new keys.</summary>
    public async Task<IReadOnlyList<string>> NewKeysAsync(int count, long quota = PlentyOfQuota)
    {
        var secrets = new string[count];
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (index, _) =>
            secrets[index] = (await Engine.NewKeyAsync(quota)).Reveal());
        return secrets;
    }

    /// <summary>Waits until the log is written, so that what is measured next does not pay for it.</summary>
    public Task WaitForLogAsync()
    {
        var queue = Engine.Services.GetRequiredService<QueueServiceClient>().GetQueueClient(StorageNames.AuditEventsQueue);
        return Eventually.TrueAsync(
            async () => (await queue.GetPropertiesAsync()).Value.ApproximateMessagesCount == 0, LogTimeout, "the log is written");
    }

    /// <summary>The memory that a process has of the machine's, in MiB.</summary>
    public static double ResidentMiB(int processId)
    {
        var resident = File.ReadLines($"/proc/{processId}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(resident.AsSpan("VmRSS:".Length).Trim().TrimEnd(" kB"), CultureInfo.InvariantCulture) / 1024.0;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var app in _apps)
        {
            await app.DisposeAsync();
        }

        await Engine.DisposeAsync();
        await Azurite.DisposeAsync();
    }
}
