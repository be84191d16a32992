using System.Text.Json;
using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Tests.Charging.Simulation;

namespace QuotaFunctions.Tests.Auditing;

/// <summary>A simulated world without leases, for what becomes of charges after they were granted. Messages to the log never arrive by themselves.</summary>
internal sealed class AuditWorld
{
    public const string Accounts = "accounts";
    public const string State = "state";

    private AuditWorld(int seed)
    {
        World = new World(seed);
        Tables = new SimulatedTables(World) { HasShortPages = false };
        Tables.Fate = _ =>
        {
            Calls++;
            return Mishap.None;
        };
    }

    public World World { get; }

    public SimulatedTables Tables { get; }

    /// <summary>How many requests were made to the storage.</summary>
    public int Calls { get; private set; }

    public static void Run(int seed, Func<AuditWorld, Task> deeds)
    {
        var world = new AuditWorld(seed);
        world.World.Run(() => deeds(world));
    }

    public SimulatedInstance NewInstance(string id) => new(World, Tables, new AuditQueue(World), id, LeaseMode.Off);

    public Task PassAsync(double seconds) => World.DelayAsync(TimeSpan.FromSeconds(seconds));

    /// <summary>Counts the requests that something makes to the storage, and the time that they take.</summary>
    public async Task<(int Calls, TimeSpan Time)> MeasureAsync(Func<Task> work)
    {
        var (calls, start) = (Calls, World.Now);
        await work();
        return (Calls - calls, TimeSpan.FromTicks(World.Now - start));
    }

    /// <summary>Adds a key with an account of its own.</summary>
    public async Task<TestKey> AddKeyAsync(SimulatedInstance instance, int number = 0)
    {
        var id = "key_" + number.ToString("D20", System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(KeyLocator.TryParse(id, out var locator) & KeySecret.TryParse($"secret-of-{number}", out var secret));
        var key = new KeyState
        {
            Locator = locator,
            Prefix = "sim",
            Settings = new KeySettings { Name = "a", Quota = 100_000 },
            CreatedAt = World.ServiceTime,
            Secrets = [new SecretHash(secret.Hash)],
            Balance = new QuotaBalance { Quota = 100_000 },
            Rate = new RateWindow(),
        };
        Assert.True(await instance.Store.TryAddKeyAsync(key, CancellationToken.None));
        await instance.Directory.AddAsync(secret, locator, CancellationToken.None);
        return new TestKey(locator, secret);
    }

    /// <summary>Adds a row that nobody understands to an account's ledger, before all others.</summary>
    public void Damage(TestKey key) => Tables.Apply(Accounts, [new TableTransactionAction(
        TableTransactionActionType.Add, new TableEntity(key.Account, AccountRowKeys.Commit(0)) { ["Owner"] = "nobody", ["Entries"] = "[{" })]);

    public bool IsOpen(TestKey key) => Tables.Find(State, "open", key.Account) is not null;

    public int LedgerRows(TestKey key) => Tables.Query(Accounts, $"PartitionKey eq '{key.Account}' and RowKey ge 'commit:' and RowKey lt 'commit;'").Count;
}

/// <summary>A key and its secret, and what may be done with them.</summary>
internal sealed record TestKey(KeyLocator Locator, KeySecret Secret)
{
    public string Account => Locator.AccountId;

    /// <summary>Charges for work that the client does itself.</summary>
    public async Task<Charge> ConsumeAsync(SimulatedInstance instance, IdempotencyClaim? claim = null) => (await instance.Engine.ChargeAsync(
        new ChargeRequest { Secret = Secret, Kind = ChargeKind.Consume, RequestId = "r", Idempotency = claim }, CancellationToken.None)).Charge!;

    /// <summary>Holds what a forwarded request may come to.</summary>
    public async Task<Charge> ForwardAsync(SimulatedInstance instance, long estimate) => (await instance.Engine.ChargeAsync(
        new ChargeRequest { Secret = Secret, Kind = ChargeKind.Forward, RequestId = "r", Cost = estimate, HoldFor = TimeSpan.FromMinutes(50) }, CancellationToken.None)).Charge!;

    public async Task<QuotaSnapshot> QuotaAsync(SimulatedInstance instance) => (await instance.Keys.FindAsync(Locator.KeyId, CancellationToken.None))!.Quota;

    /// <summary>What the log says, the newest first.</summary>
    public async Task<IReadOnlyList<string>> OutcomesAsync(SimulatedInstance instance) =>
        [.. (await instance.Log.ReadAsync(new AuditQuery { KeyId = Locator.KeyId }, CancellationToken.None)).Rows.Select(row => row.Outcome)];

    /// <summary>The message of a commit as the writer that made it would send it.</summary>
    public async Task<AuditMessage> NoteAsync(SimulatedInstance instance, Charge charge) => new CommitMessage
    {
        AccountId = Account,
        Row = (await instance.Store.FindCommitAsync(Account, charge.Id.Sequence, CancellationToken.None))!,
    };

    public static string MessageOf(IEnumerable<AuditMessage> notes) => JsonSerializer.Serialize([.. notes], AuditJson.Default.ListAuditMessage);
}
