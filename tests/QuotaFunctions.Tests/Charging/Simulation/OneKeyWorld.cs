using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Charging;

namespace QuotaFunctions.Tests.Charging.Simulation;

/// <summary>A simulated world with one key, for scenarios that a test writes itself.</summary>
internal static class OneKeyWorld
{
    public static readonly KeyLocator Key = Parse("key_" + new string('A', 20));
    public static readonly KeySecret Secret = KeySecret.TryParse("secret-of-A", out var secret) ? secret : throw new InvalidOperationException();

    private static KeyLocator Parse(string id) => KeyLocator.TryParse(id, out var locator) ? locator : throw new InvalidOperationException();

    /// <summary>Does something in a world with a key, and instances that take leases whenever they can.</summary>
    public static void Run(int seed, int instances, Func<World, IReadOnlyList<SimulatedInstance>, Task> deeds, long quota = 100_000, TimeSpan? idleTime = null) =>
        Run(seed, instances, LeaseMode.Always, (world, _, all) => deeds(world, all), quota, idleTime);

    /// <summary>Does something in a world with a key, where the storage is at hand, too.</summary>
    public static void Run(
        int seed, int instances, LeaseMode leases, Func<World, SimulatedTables, IReadOnlyList<SimulatedInstance>, Task> deeds, long quota = 100_000, TimeSpan? idleTime = null)
    {
        var world = new World(seed);
        var tables = new SimulatedTables(world);
        var all = Enumerable.Range(0, instances)
            .Select(number => new SimulatedInstance(world, tables, new AuditQueue(world), $"instance-{number}", leases, idleTime)).ToList();
        world.Run(async () =>
        {
            var key = new KeyState
            {
                Locator = Key,
                Prefix = "sim",
                Settings = new KeySettings { Name = "a", Quota = quota },
                CreatedAt = world.ServiceTime,
                Secrets = [new SecretHash(Secret.Hash)],
                Balance = new QuotaBalance { Quota = quota },
                Rate = new RateWindow(),
            };
            await all[0].Store.TryAddKeyAsync(key, CancellationToken.None);
            await all[0].Directory.AddAsync(Secret, Key, CancellationToken.None);
            await deeds(world, tables, all);
        });
    }

    /// <summary>Takes something from the key.</summary>
    public static Task<ChargeResult> ChargeAsync(
        SimulatedInstance instance, TimeSpan? hold = null, IdempotencyClaim? claim = null, long cost = 2)
    {
        var request = new ChargeRequest
        {
            Secret = Secret,
            Cost = cost,
            Kind = hold is null ? ChargeKind.Consume : ChargeKind.Forward,
            RequestId = "r",
            HoldFor = hold,
            Idempotency = claim,
        };
        return instance.Engine.ChargeAsync(request, CancellationToken.None);
    }

    /// <summary>What the log says of the key, the newest first.</summary>
    public static Task<AuditPage> LogAsync(SimulatedInstance instance, string? outcome = null) =>
        instance.Log.ReadAsync(new AuditQuery { KeyId = Key.KeyId, PageSize = 100, Outcome = outcome }, CancellationToken.None);

    /// <summary>Often enough for what one sweep finds to be done with by the next.</summary>
    public static async Task SweepAsync(World world, SimulatedInstance instance)
    {
        for (var sweep = 0; sweep < 8; sweep++)
        {
            await instance.Sweeper.SweepAsync(CancellationToken.None);
            await world.DelayAsync(TimeSpan.FromSeconds(30));
        }
    }
}
