using Azure.Data.Tables;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Alerting;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Mailing;
using QuotaFunctions.Core.Proxying;
using QuotaFunctions.Core.Usage;
using QuotaFunctions.Tests.Charging.Simulation;

namespace QuotaFunctions.Tests.Alerting;

/// <summary>A simulated world with alerts: what was told is read from the outbox, as it would be sent.</summary>
internal sealed class AlertWorld : IMailOutbox
{
    public const string Table = "alerts";

    private readonly AuditQueue _audit;
    private readonly List<SimulatedInstance> _instances = [];

    private AlertWorld(int seed)
    {
        World = new World(seed);
        Tables = new SimulatedTables(World) { HasShortPages = false };
        Tables.Fate = _ =>
        {
            Calls++;
            return Mishap.None;
        };
        _audit = new AuditQueue(World);
    }

    public World World { get; }

    public SimulatedTables Tables { get; }

    public int Calls { get; private set; }

    /// <summary>Settings of the instances that are made from now on.</summary>
    public Dictionary<string, string?> Settings { get; } = new()
    {
        ["ALERT_RECIPIENTS"] = "ops@example.com,ada@example.com",
        ["ALERT_WEBHOOK_URLS"] = "https://hooks.example.com/secret-path,slack+https://chat.example.com/other-secret",
    };

    public List<Mail> Mails { get; } = [];

    public string SenderAddress => "quotas@example.com";

    public DateTimeOffset Now => World.ServiceTime;

    public static void Run(Func<AlertWorld, Task> deeds, int seed = 1)
    {
        var world = new AlertWorld(seed);
        world.World.Run(() => deeds(world));
    }

    public Task EnqueueAsync(Mail mail, CancellationToken cancellationToken)
    {
        if (!Mails.Exists(sent => sent.Id == mail.Id))
        {
            Mails.Add(mail);
        }

        return Task.CompletedTask;
    }

    public SimulatedInstance NewInstance(params IAlertRule[] rules) => NewInstance(services => Array.ForEach(rules, rule => services.AddSingleton(rule)));

    public SimulatedInstance NewInstance(Action<IServiceCollection> configure)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(Settings).Build();
        var instance = new SimulatedInstance(World, Tables, _audit, $"instance-{_instances.Count}", LeaseMode.Off, configure: services =>
        {
            services.AddAlerting(configuration).AddSingleton<IMailOutbox>(this).AddSingleton<CredentialNotes>();
            foreach (var other in services.Where(service => service.ServiceType == typeof(IAlertRule)).ToList())
            {
                services.Remove(other);
            }

            configure(services);
        });
        _instances.Add(instance);
        return instance;
    }

    public Task PassAsync(TimeSpan time) => World.DelayAsync(time);

    /// <summary>Has what was used counted and copied, as the sweeps do.</summary>
    public async Task SweepAsync(SimulatedInstance instance)
    {
        await PassAsync(TimeSpan.FromSeconds(1));
        while (_audit.Count > 0)
        {
            await instance.ConsumeAsync(_audit.Take());
        }

        await instance.Get<Core.Auditing.ISweepFollowUp>().RunAsync(CancellationToken.None);
    }

    /// <summary>Uses a key, and has that counted.</summary>
    public async Task UseAsync(SimulatedInstance instance, IssuedKey key, long units)
    {
        var charged = await instance.Engine.ChargeAsync(
            new ChargeRequest { Secret = key.Secret, Kind = ChargeKind.Consume, RequestId = "r", Cost = units }, CancellationToken.None);
        Assert.Null(charged.Refusal);
        await SweepAsync(instance);
    }

    public static Task<IssuedKey> CreateKeyAsync(SimulatedInstance instance, long quota = 100, RefillPolicy? refill = null, string? pool = null, string name = "Ada") =>
        instance.Keys.CreateAsync(new KeySettings { Name = name, Quota = quota, Refill = refill }, "trial", pool, "tester", CancellationToken.None);

    /// <summary>What was told, and is not sent yet, of one channel, the first first: event, rule and value.</summary>
    public IReadOnlyList<string> Told(string channel = "webhook") => [.. Notices(channel).Select(notice => $"{notice.Event} {notice.Alert.Rule} {notice.Alert.Value}")];

    public IReadOnlyList<AlertNotice> Notices(string channel = "webhook") =>
        [.. Tables.Query(Table, $"PartitionKey eq 'alerts' and RowKey ge 'out:{channel}:' and RowKey lt 'out:{channel};'")
            .Select(row => System.Text.Json.JsonSerializer.Deserialize(row.GetString("Json"), AlertJson.Default.AlertNotice)!).OrderBy(notice => notice.Alert.ChangedAt)];

    public static async Task<IReadOnlyList<Alert>> ListAsync(SimulatedInstance instance, AlertState? state = AlertState.Open) =>
        (await instance.Get<IAlerts>().ListAsync(new AlertQuery(state, 1000, Cursor: null), CancellationToken.None)).Alerts;

    public static Task EvaluateAsync(SimulatedInstance instance) => instance.Get<IAlertEvaluator>().EvaluateAsync(CancellationToken.None);

    /// <summary>Writes what a key used in a quarter of an hour, as the copies have it.</summary>
    public void AddUsage(string keyId, DateTimeOffset at, long succeeded, long failed = 0, long units = 0)
    {
        var change = new UsageChange(keyId, at, new UsageSum());
        var counts = change.Sum.Of("openai", "gpt");
        counts.Add("succeeded", succeeded);
        counts.Add("failed", failed);
        counts.Units = units == 0 ? succeeded : units;
        var existing = Tables.Find("usage", UsageEntity.Day(change.Day), keyId);
        var day = KeyDay.Of(keyId, change.Day, existing).Plus([change]);
        var row = UsageEntity.Of(day, QuotaUnit.Requests);
        foreach (var (slot, sum) in existing is null ? [] : KeyDay.SlotsOf(existing).Where(old => old.Key != change.Slot))
        {
            row[KeyDay.PropertyOf(slot)] = sum.ToJson();
        }

        Tables.Apply("usage", [new TableTransactionAction(TableTransactionActionType.UpsertReplace, row)]);
    }

    public static IOptions<AlertOptions> Options(params (string Name, string? Value)[] settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.GroupBy(setting => setting.Name).ToDictionary(setting => setting.Key, setting => setting.Last().Value)).Build();
        using var services = new ServiceCollection().AddSettings<AlertOptions>(configuration, AlertOptions.Read).BuildServiceProvider();
        return Microsoft.Extensions.Options.Options.Create(services.GetRequiredService<IOptions<AlertOptions>>().Value);
    }
}

/// <summary>A rule that finds what the test says.</summary>
internal sealed class ScriptedRule(string name) : IAlertRule
{
    public string Name => name;

    public Func<IReadOnlyList<AlertCondition>?> Finds { get; set; } = () => [];

    public Task<IReadOnlyList<AlertCondition>?> EvaluateAsync(DateTimeOffset now, CancellationToken cancellationToken) => Task.FromResult(Finds());

    public static AlertCondition Condition(string subject = "thing", double value = 1, AlertSeverity severity = AlertSeverity.Warning) =>
        new(subject, severity, value, AlertData.Of(("length", value), ("minutes", 1)));
}
