using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Tests.Charging.Simulation;

namespace QuotaFunctions.Tests.Keys;

/// <summary>A simulated world for what is done with keys: instances of the service that share tables, and no key yet.</summary>
internal sealed class KeyWorld
{
    private readonly List<SimulatedInstance> _instances = [];

    private KeyWorld(int seed)
    {
        World = new World(seed);
        Tables = new SimulatedTables(World) { HasShortPages = false };
    }

    public World World { get; }

    public SimulatedTables Tables { get; }

    /// <summary>How many calls reached the storage, or were lost on their way.</summary>
    public int Calls { get; private set; }

    public static void Run(Func<KeyWorld, Task> deeds, int seed = 1)
    {
        var world = new KeyWorld(seed);
        world.Tables.Fate = _ =>
        {
            world.Calls++;
            return Mishap.None;
        };
        world.World.Run(() => deeds(world));
    }

    public SimulatedInstance NewInstance()
    {
        var instance = new SimulatedInstance(World, Tables, new AuditQueue(World), $"instance-{_instances.Count}", LeaseMode.Off);
        _instances.Add(instance);
        return instance;
    }

    /// <summary>Does something once, as soon as a transaction on a table says something.</summary>
    public void Once(string table, string says, Action deed) => Tables.Observer = (name, actions) =>
    {
        if (name == table && actions.Any(action => Says((TableEntity)action.Entity)))
        {
            Tables.Observer = null;
            deed();
        }

        bool Says(TableEntity row) =>
            row.RowKey.Contains(says, StringComparison.Ordinal) || row.Select(property => property.Value).OfType<string>().Any(text => text.Contains(says, StringComparison.Ordinal));
    };

    public async Task<int> CountCallsAsync(Func<Task> deed)
    {
        var before = Calls;
        await deed();
        return Calls - before;
    }

    public static Task<IssuedKey> CreateAsync(SimulatedInstance instance, string name = "n", string? tenant = null, string? pool = null, DateTimeOffset? expiresAt = null) =>
        instance.Keys.CreateAsync(
            new KeySettings { Name = name, Quota = 1000, Tenant = tenant, ExpiresAt = expiresAt }, "trial", pool, "tester", CancellationToken.None);

    public static Task<ApiKey> ChangeAsync(SimulatedInstance instance, string id, Func<KeySettings, KeySettings>? change = null, KeyStatus? status = null) =>
        instance.Keys.ChangeAsync(
            id, key => ((change ?? (settings => settings))(key.Settings), status ?? key.Status), "tester", CancellationToken.None);

    public static Task<KeyPage> ListAsync(SimulatedInstance instance, KeyQuery? query = null) =>
        instance.Keys.ListAsync(query ?? new KeyQuery(), CancellationToken.None);

    public static async Task<ChargeRefusal?> ChargeAsync(SimulatedInstance instance, KeySecret secret) =>
        (await instance.Engine.ChargeAsync(new ChargeRequest { Secret = secret, Kind = ChargeKind.Consume, RequestId = "r" }, CancellationToken.None)).Refusal;
}
