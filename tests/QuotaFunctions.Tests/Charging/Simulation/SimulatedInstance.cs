using System.Text.Json;
using Azure.Data.Tables;
using Azure.Storage.Queues;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Retention;
using QuotaFunctions.Core.Transfer;
using QuotaFunctions.Core.Usage;

namespace QuotaFunctions.Tests.Charging.Simulation;

/// <summary>One process of the service in a simulated world: all of its own code, without its HTTP surface.</summary>
internal sealed class SimulatedInstance
{
    private static readonly IConfiguration Configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
    {
        ["AzureWebJobsStorage"] = "UseDevelopmentStorage=true",
        ["ADMIN_TOKEN"] = "a-token-for-tests-0123456789abcdef",
    }).Build();

    private readonly ServiceProvider _services;
    private readonly Network _network;
    private readonly Outbox _outbox;

    public SimulatedInstance(World world, SimulatedTables tables, AuditQueue queue, string id, LeaseMode leases, TimeSpan? leaseIdleTime = null, Action<IServiceCollection>? configure = null)
    {
        Clock = world.NewClock();
        Queues = new SimulatedQueues(world);
        _network = new Network(tables);
        _outbox = new Outbox(queue);
        var services = new ServiceCollection()
            .AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance)
            .AddSingleton(typeof(ILogger<>), typeof(NullLogger<>))
            .AddSingleton<TimeProvider>(Clock)
            .AddSingleton<StorageNames>()
            .AddAuditing().AddCharging(Configuration).AddKeys().AddUsage().AddRetention(Configuration).AddTransfer();
        services
            .AddSingleton<TableServiceClient>(new SimulatedTableService(tables, _network))
            .AddSingleton<QueueServiceClient>(Queues)
            .Replace(ServiceDescriptor.Singleton<IAuditSink>(_outbox))
            .Replace(ServiceDescriptor.Singleton(new InstanceIdentity(id)))
            .AddSingleton<IOptions<QuotaEngineOptions>>(Options.Create(
                new QuotaEngineOptions { Random = world.Random, Leases = leases, LeaseIdleTime = leaseIdleTime ?? new QuotaEngineOptions().LeaseIdleTime }));
        configure?.Invoke(services);
        _services = services.BuildServiceProvider();
    }

    public World.WorldClock Clock { get; }

    public SimulatedQueues Queues { get; }

    public bool IsDead => _network.IsDead;

    /// <summary>The longest way to the storage, and back, in milliseconds.</summary>
    public int Distance
    {
        get => _network.Distance;
        set => _network.Distance = value;
    }

    public IQuotaEngine Engine => _services.GetRequiredService<IQuotaEngine>();

    public IKeyService Keys => _services.GetRequiredService<IKeyService>();

    public IPoolService Pools => _services.GetRequiredService<IPoolService>();

    public IAuditLog Log => _services.GetRequiredService<IAuditLog>();

    public IAccountStore Store => _services.GetRequiredService<IAccountStore>();

    public OpenAccountIndex OpenAccounts => _services.GetRequiredService<OpenAccountIndex>();

    public MarkIndex Marks => _services.GetRequiredService<MarkIndex>();

    public ISettlementSweeper Sweeper => _services.GetRequiredService<ISettlementSweeper>();

    public IExpiredMarks ExpiredMarks => _services.GetRequiredService<IExpiredMarks>();

    public IKeyDirectory Directory => _services.GetRequiredService<IKeyDirectory>();

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

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public Task ConsumeAsync(string message) => _services.GetRequiredService<IAuditEventConsumer>().ConsumeAsync(message, CancellationToken.None);

    /// <summary>Says that it lives, as the heartbeat does while there are charges to settle.</summary>
    public Task BeatAsync() => _services.GetRequiredService<InFlightCharges>().Count <= 0
        ? Task.CompletedTask
        : _services.GetRequiredService<InstanceTable>().BeatAsync(_services.GetRequiredService<InstanceIdentity>().Id, CancellationToken.None);

    /// <summary>Has everything decided, as at an orderly end.</summary>
    public Task DrainAsync() => _services.GetRequiredService<AccountWriters>().DrainAsync(CancellationToken.None);

    /// <summary>Ends it like a power cut: nothing of it goes on, and what it had not sent is lost.</summary>
    public void Kill()
    {
        _network.IsDead = true;
        _outbox.IsDead = true;
    }

    /// <summary>What the buffer is: events wait for a moment, and are sent together.</summary>
    private sealed class Outbox(AuditQueue queue) : IAuditSink
    {
        private readonly List<AuditMessage> _notes = [];

        public bool IsDead { get; set; }

        public ValueTask WriteAsync(AuditMessage note, CancellationToken cancellationToken)
        {
            _notes.Add(note);
            if (_notes.Count == 1)
            {
                _ = SendAsync();
            }

            return default;
        }

        private async Task SendAsync()
        {
            await queue.World.DelayAsync(TimeSpan.FromMilliseconds(500));
            if (!IsDead)
            {
                queue.Send(JsonSerializer.Serialize(_notes, AuditJson.Default.ListAuditMessage));
                _notes.Clear();
            }
        }
    }
}

/// <summary>The queue <c>audit-events</c>: at least once, in no order.</summary>
internal sealed class AuditQueue(World world)
{
    private readonly List<string> _messages = [];

    public World World => world;

    public int Count => _messages.Count;

    public void Send(string message)
    {
        _messages.Add(message);
        if (world.Random.Next(10) == 0)
        {
            _messages.Add(message);
        }
    }

    public string Take()
    {
        var index = world.Random.Next(_messages.Count);
        var message = _messages[index];
        _messages.RemoveAt(index);
        return message;
    }

    public void Return(string message) => _messages.Add(message);
}
