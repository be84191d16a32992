using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Hosting;
using static QuotaFunctions.Tests.Charging.Simulation.BrokenPromiseException;

namespace QuotaFunctions.Tests.Charging.Simulation;

/// <summary>What an instance said, unless it died before.</summary>
internal readonly record struct Heard<T>(bool IsHeard, T Value);

/// <summary>Where a scenario happens: its instances, and keys of every kind.</summary>
/// <param name="scenario">What happens.</param>
/// <param name="world">Time and chance.</param>
/// <param name="tables">The storage.</param>
/// <param name="queue">The queue of the log.</param>
/// <param name="books">The books that the test keeps itself.</param>
internal sealed class ScenarioWorld(Scenario scenario, World world, SimulatedTables tables, AuditQueue queue, Books books)
{
    /// <summary>The table of the accounts.</summary>
    public const string Accounts = "accounts";

    /// <summary>The pool.</summary>
    public const string PoolId = "pool_PPPPPPPPPPPPPPPPPPPP";

    /// <summary>An account with a damaged row.</summary>
    public const string Damaged = "key_00000000000000000000";

    /// <summary>An expiry that nothing comes to.</summary>
    public static readonly DateTimeOffset Never = new(2099, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private int _born;

    /// <summary>True once nothing more comes: then those end who work in the background.</summary>
    public bool IsQuiet { get; set; }

    /// <summary>All that were ever started.</summary>
    public List<SimulatedInstance> Instances { get; } = [];

    /// <summary>The keys.</summary>
    public List<(KeyLocator Locator, KeySecret Secret)> Keys { get; } = [];

    /// <summary>Begins it: the instances, the keys, and an account that nobody can read.</summary>
    public async Task BeginAsync()
    {
        for (var i = 0; i < scenario.Instances; i++)
        {
            Bear();
        }

        var store = Instances[0].Store;
        var refill = new RefillPolicy { Period = RefillPeriod.Daily, Amount = scenario.Quota, TimeZone = "Europe/Berlin" };
        await store.TryAddPoolAsync(
            new PoolState
            {
                Id = PoolId,
                Settings = new PoolSettings { Name = "pool", Quota = scenario.Quota * 3L / 2 },
                CreatedAt = world.ServiceTime,
                Balance = new QuotaBalance { Quota = scenario.Quota * 3L / 2 },
            },
            CancellationToken.None);
        await AddAsync('A', null, new KeySettings { Name = "count", Quota = scenario.Quota });
        await AddAsync('B', null, new KeySettings { Name = "rate", Quota = scenario.Quota * 10L, RateLimitPerMinute = 1 + (scenario.Quota / 4) });
        await AddAsync('C', null, new KeySettings { Name = "refill", Quota = scenario.Quota, Refill = refill });
        await AddAsync('D', null, new KeySettings { Name = "tokens", Quota = scenario.Quota * 2L, Unit = QuotaUnit.Tokens, QuotaType = QuotaType.Hybrid, ExpiresAt = Never });
        await AddAsync('E', null, new KeySettings { Name = "time", QuotaType = QuotaType.Time, ExpiresAt = Never, RateLimitPerMinute = 5 });
        await AddAsync('F', PoolId, new KeySettings { Name = "pooled", Quota = scenario.Quota });
        await AddAsync('G', PoolId, new KeySettings { Name = "pooled, refilled", Quota = scenario.Quota, Refill = refill with { Rollover = true }, RateLimitPerMinute = 20 });
        await AddAsync('H', null, new KeySettings { Name = "few at once", Quota = scenario.Quota * 5L, MaxConcurrent = 1 + (scenario.Quota % 3) });
        await AddAsync('I', PoolId, new KeySettings { Name = "pooled, one at once", Quota = scenario.Quota, MaxConcurrent = 1 });
        foreach (var account in Keys.Select(key => key.Locator.AccountId).Distinct())
        {
            books.Open(account);
        }

        // A row that nobody can read, in an account that every sweep comes to before the others.
        var damaged = new TableEntity(Damaged, "commit:0000000000000000001") { ["CommitId"] = Guid.NewGuid(), ["At"] = world.ServiceTime, ["Owner"] = "nobody", ["Entries"] = "[{" };
        tables.Observer = null;
        tables.Apply(Accounts, [new TableTransactionAction(TableTransactionActionType.Add, damaged)]);
        tables.Observer = books.Observe;
        await Instances[0].OpenAccounts.MarkAsync(Damaged, CancellationToken.None);

        async Task AddAsync(char own, string? pool, KeySettings settings)
        {
            var id = pool is null ? "key_" + new string(own, 20) : $"key_{pool["pool_".Length..]}_{new string(own, 20)}";
            That(KeyLocator.TryParse(id, out var locator) & KeySecret.TryParse($"secret-of-{own}", out var secret), "A key's id and secret have another form");
            var key = new KeyState
            {
                Locator = locator,
                Prefix = "sim",
                Settings = settings,
                CreatedAt = world.ServiceTime,
                Secrets = [new SecretHash(secret.Hash)],
                Balance = new QuotaBalance { Type = settings.QuotaType, Unit = settings.Unit, Quota = settings.Quota },
                Rate = new RateWindow(),
            };
            key.Balance.SetRefill(settings.Refill, world.ServiceTime);
            await store.TryAddKeyAsync(key, CancellationToken.None);
            await Instances[0].Directory.AddAsync(secret, locator, CancellationToken.None);
            Keys.Add((locator, secret));
        }
    }

    /// <summary>Starts one more instance.</summary>
    public SimulatedInstance Bear()
    {
        var instance = new SimulatedInstance(world, tables, queue, $"instance-{_born++}", scenario.Leases);
        Instances.Add(instance);
        return instance;
    }

    /// <summary>One of those that live.</summary>
    public SimulatedInstance Alive(int which)
    {
        var alive = Instances.Where(instance => !instance.IsDead).ToList();
        return alive[which % alive.Count];
    }

    /// <summary>Waits for an answer, unless the instance dies first.</summary>
    public async Task<Heard<T>> OnAsync<T>(SimulatedInstance instance, Task<T> answer)
    {
        while (!answer.IsCompleted)
        {
            if (instance.IsDead)
            {
                return default;
            }

            await Task.WhenAny(answer, world.DelayAsync(TimeSpan.FromSeconds(1)));
        }

        return instance.IsDead ? default : new Heard<T>(true, await answer);
    }

    /// <summary>The same for what has no result.</summary>
    public Task<Heard<bool>> OnAsync(SimulatedInstance instance, Task answer)
    {
        return OnAsync(instance, ResultAsync());

        async Task<bool> ResultAsync()
        {
            await answer;
            return true;
        }
    }

    /// <summary>Consumes the queue of the log until it is quiet.</summary>
    public async Task ConsumeAllAsync()
    {
        while (!IsQuiet || queue.Count > 0)
        {
            await world.DelayAsync(TimeSpan.FromMilliseconds(queue.Count > 0 ? 50 : 1000));
            if (queue.Count == 0)
            {
                continue;
            }

            var message = queue.Take();
            var instance = Alive(world.Random.Next(100));
            try
            {
                if (!(await OnAsync(instance, instance.ConsumeAsync(message))).IsHeard)
                {
                    queue.Return(message);
                }
            }
            catch (Exception failure) when (StorageErrors.IsTransient(failure))
            {
                queue.Return(message);
            }
        }
    }

    /// <summary>Has the instances say that they live until it is quiet.</summary>
    public async Task BeatAsync()
    {
        while (!IsQuiet)
        {
            await world.DelayAsync(TimeSpan.FromSeconds(15));
            foreach (var instance in Instances.Where(instance => !instance.IsDead).ToList())
            {
                try
                {
                    await OnAsync(instance, instance.BeatAsync());
                }
                catch (Exception failure) when (StorageErrors.IsTransient(failure))
                {
                    // The next time.
                }
            }
        }
    }

    /// <summary>Until everything is settled: holds have run out, the log is complete, the ledger is compacted.</summary>
    public async Task ComeToRestAsync()
    {
        foreach (var instance in Instances)
        {
            instance.Clock.Skew = TimeSpan.Zero;
        }

        await world.DelayAsync(TimeSpan.FromMinutes(2));
        for (var sweep = 0; sweep < 5; sweep++)
        {
            await Alive(sweep).Sweeper.SweepAsync(CancellationToken.None);
            await world.DelayAsync(TimeSpan.FromMinutes(2));
            if (sweep == 1)
            {
                world.Leap(TimeSpan.FromHours(25));
            }
        }

        world.Leap(TimeSpan.FromDays(8) + TimeSpan.FromHours(50));
        await Alive(0).ExpiredMarks.DeleteAsync(CancellationToken.None);
        await world.DelayAsync(TimeSpan.FromMinutes(5));
        await Alive(0).ExpiredMarks.DeleteAsync(CancellationToken.None);

        // What was counted last is copied, and the marks of it are settled.
        await Alive(0).Sweeper.SweepAsync(CancellationToken.None);
        await world.DelayAsync(TimeSpan.FromMinutes(5));
        await Alive(0).Sweeper.SweepAsync(CancellationToken.None);
    }
}
