using Azure.Data.Tables;
using Azure.Storage.Queues;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Retention;
using QuotaFunctions.Core.Transfer;
using QuotaFunctions.Core.Usage;

namespace QuotaFunctions.IntegrationTests.Charging;

/// <summary>The service without its HTTP surface: one instance of it, on tables of its own that other instances may share.</summary>
internal sealed class EngineUnderTest : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly List<IHostedService> _hosted;

    private EngineUnderTest(ServiceProvider services)
    {
        _services = services;
        _hosted = [.. services.GetServices<IHostedService>()];
    }

    public IQuotaEngine Engine => Get<IQuotaEngine>();

    public IKeyService Keys => Get<IKeyService>();

    public IAuditLog Log => Get<IAuditLog>();

    /// <summary>Adds the books of a key up from the sums of its days, and row by row: both come to the same.</summary>
    public async Task<Verification?> VerifyAsync(string keyId)
    {
        var byRows = await Get<IBookVerifier>().VerifyAsync(keyId, isDeep: true, CancellationToken.None);
        var byDays = await Get<IBookVerifier>().VerifyAsync(keyId, isDeep: false, CancellationToken.None);
        if (byRows is { Unsettled: 0, Balanced: true })
        {
            Assert.Equal(byRows with { Differences = byDays!.Differences }, byDays);
        }

        return byRows is null ? null : byDays! with { Balanced = byDays.Balanced && byRows.Balanced };
    }

    /// <summary>Starts an instance.</summary>
    /// <param name="connectionString">Which storage.</param>
    /// <param name="prefix">Whose tables.</param>
    /// <param name="clock">Its clock; the system's where none is given.</param>
    /// <param name="leases">Whether it takes leases.</param>
    public static async Task<EngineUnderTest> StartAsync(
        string connectionString, string prefix, TimeProvider? clock = null, string leases = "auto")
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["AzureWebJobsStorage"] = connectionString,
            ["TABLE_PREFIX"] = prefix,
            ["QUOTA_LEASES"] = leases,
            ["ADMIN_TOKEN"] = "a-token-for-tests-0123456789abcdef",
        }).Build();
        var services = new ServiceCollection().AddLogging(logging => logging.SetMinimumLevel(LogLevel.None));
        if (clock is not null)
        {
            services.AddSingleton(clock);
        }

        services.AddServiceSettings(configuration).AddStorage(configuration).AddAuditing().AddCharging(configuration).AddKeys().AddUsage().AddRetention(configuration).AddTransfer();
        var engine = new EngineUnderTest(services.BuildServiceProvider());
        foreach (var hosted in engine._hosted)
        {
            await hosted.StartAsync(CancellationToken.None);
        }

        foreach (var table in engine.Get<StorageNames>().Tables)
        {
            await engine.Get<TableServiceClient>().GetTableClient(table).CreateIfNotExistsAsync();
        }

        await engine.Get<QueueServiceClient>().GetQueueClient(StorageNames.AuditEventsQueue).CreateIfNotExistsAsync();
        return engine;
    }

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    /// <summary>Writes to the log what is in the queue, until there is nothing left.</summary>
    public async Task ConsumeAsync()
    {
        var queue = Get<QueueServiceClient>().GetQueueClient(StorageNames.AuditEventsQueue);
        while ((await queue.ReceiveMessagesAsync(32, TimeSpan.FromMinutes(1))).Value is { Length: > 0 } messages)
        {
            foreach (var message in messages)
            {
                await Get<IAuditEventConsumer>().ConsumeAsync(message.Body.ToString(), CancellationToken.None);
                await queue.DeleteMessageAsync(message.MessageId, message.PopReceipt);
            }
        }
    }

    /// <summary>Ends as a process does that is told to: everything is decided and sent.</summary>
    public async Task StopAsync()
    {
        foreach (var hosted in Enumerable.Reverse(_hosted))
        {
            await hosted.StopAsync(CancellationToken.None);
        }

        foreach (var hosted in _hosted.OfType<IHostedLifecycleService>())
        {
            await hosted.StoppedAsync(CancellationToken.None);
        }
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
