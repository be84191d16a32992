using Azure.Data.Tables;
using Azure.Storage.Queues;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Usage;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks;

/// <summary>The engine without HTTP and without the consumer of its queue: charges are decided, committed and sent to be logged.</summary>
internal sealed class EngineInstance : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    private EngineInstance(ServiceProvider services) => _services = services;

    /// <summary>What it is made of.</summary>
    public IServiceProvider Services => _services;

    public IQuotaEngine Engine => _services.GetRequiredService<IQuotaEngine>();

    /// <summary>Starts an instance.</summary>
    /// <param name="connectionString">Which storage.</param>
    /// <param name="clients">Other clients in place of the storage's, or none.</param>
    public static async Task<EngineInstance> StartAsync(
        string connectionString, (TableServiceClient Tables, QueueServiceClient Queues)? clients = null)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["AzureWebJobsStorage"] = connectionString,
            ["TABLE_PREFIX"] = "bench",
            ["ADMIN_TOKEN"] = AppSettings.AdminToken,
        }).Build();
        var services = new ServiceCollection().AddLogging(logging => logging.SetMinimumLevel(LogLevel.None));
        services.AddServiceSettings(configuration).AddStorage(configuration).AddAuditing().AddCharging(configuration).AddKeys().AddUsage();
        if (clients is var (tables, queues))
        {
            services.Replace(ServiceDescriptor.Singleton(tables)).Replace(ServiceDescriptor.Singleton(queues));
        }

        var instance = new EngineInstance(services.BuildServiceProvider());
        foreach (var hosted in instance._services.GetServices<IHostedService>())
        {
            await hosted.StartAsync(CancellationToken.None);
        }

        var names = instance._services.GetRequiredService<StorageNames>();
        foreach (var table in names.Tables)
        {
            await instance._services.GetRequiredService<TableServiceClient>().GetTableClient(table).CreateIfNotExistsAsync();
        }

        await instance._services.GetRequiredService<QueueServiceClient>().GetQueueClient(StorageNames.AuditEventsQueue).CreateIfNotExistsAsync();
        return instance;
    }

    /// <summary>Starts an instance that waits for storage as long as the client libraries do: it fills storage, which is not what is measured.</summary>
    public static Task<EngineInstance> StartPatientAsync(string connectionString) => StartAsync(
        connectionString,
        (new TableServiceClient(connectionString), new QueueServiceClient(connectionString, new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 })));

    /// <summary>A new key's secret.</summary>
    public async Task<KeySecret> NewKeyAsync(long quota)
    {
        var settings = new KeySettings { Name = "benchmark", Quota = quota };
        var issued = await _services.GetRequiredService<IKeyService>().CreateAsync(settings, "bench", null, "benchmark", CancellationToken.None);
        return issued.Secret;
    }

    /// <summary>One charge, as <c>POST /quota/consume</c> makes it. True where it was granted.</summary>
    public async Task<bool> ChargeAsync(KeySecret secret, CancellationToken cancellationToken)
    {
        return (await Engine.ChargeAsync(NewRequest(secret), cancellationToken)).Charge is not null;
    }

    /// <summary>What <c>POST /quota/consume</c> asks of the engine.</summary>
    public static ChargeRequest NewRequest(KeySecret secret) =>
        new() { Secret = secret, Kind = ChargeKind.Consume, RequestId = Guid.CreateVersion7().ToString("N") };

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
