using System.Text;
using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Tests.Charging.Simulation;

/// <summary>What somebody does in a scenario.</summary>
internal enum Deed
{
    Consume,
    Poison,
    Forward,
    Report,
    TopUp,
    Reset,
    ChangeQuota,
    ChangeRate,
    ChangeType,
    Switch,
    Revoke,
    ResetPool,
    TopUpPool,
    Sweep,
    TurnClock,
    PassHours,
    Kill,
    Outage,
    Throttle,
}

/// <summary>One step of a scenario. Numbers mean what the deed makes of them.</summary>
/// <param name="Deed">What is done.</param>
/// <param name="Pause">Milliseconds after the step before; it is not waited for the end of that.</param>
/// <param name="Instance">On which instance.</param>
/// <param name="Key">With which key.</param>
/// <param name="Cost">At what cost.</param>
/// <param name="Claim">With which Idempotency-Key; 0 for none.</param>
/// <param name="Variant">In which of its ways.</param>
internal readonly record struct Step(Deed Deed, int Pause, int Instance, int Key, int Cost, int Claim, int Variant);

/// <summary>What happens in a simulated world, from beginning to end. The same scenario always runs the same way.</summary>
/// <param name="Seed">Decides everything that is not said here.</param>
/// <param name="Instances">How many processes there are.</param>
/// <param name="Leases">Whether they take leases.</param>
/// <param name="Quota">Of each key, in units.</param>
/// <param name="Mishaps">How many of 1,000 requests to the storage meet a mishap.</param>
/// <param name="Steps">What is done.</param>
internal sealed record Scenario(int Seed, int Instances, LeaseMode Leases, int Quota, int Mishaps, IReadOnlyList<Step> Steps)
{
    public override string ToString() => new StringBuilder()
        .AppendLine($"Scenario({Seed}, {Instances} instances, leases {Leases}, quota {Quota}, mishaps {Mishaps}/1000, {Steps.Count} steps)")
        .AppendJoin(Environment.NewLine, Steps)
        .ToString();
}

/// <summary>Runs a scenario, and holds it to the promises.</summary>
internal sealed class ScenarioRun
{
    private const string Accounts = "accounts";

    /// <summary>An account with a damaged row.</summary>
    private static readonly string Damaged = "key_" + Id('0');

    /// <summary>How the id of a request begins whose charge the storage can never take.</summary>
    private const string Poison = "poison-";

    /// <summary>For how long a mishap may make itself felt: a write may come 8 s late, and those who wait for it have 6 s.</summary>
    private static readonly TimeSpan AfterMishap = TimeSpan.FromSeconds(20);

    private static readonly string PoolId = "pool_" + new string('P', 20);
    private static readonly DateTimeOffset Never = new(2099, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Scenario _scenario;
    private readonly SimulatedTables _tables;
    private readonly AuditQueue _queue;
    private readonly List<SimulatedInstance> _instances = [];
    private readonly List<(KeyLocator Locator, KeySecret Secret)> _keys = [];
    private readonly Dictionary<string, string> _claims = [];
    private readonly List<(string RequestId, string? Claim, ChargeResult Result, SimulatedInstance By, DateTimeOffset AskedAt)> _answers = [];
    private readonly List<Charge> _consumed = [];
    private readonly Dictionary<string, int> _reports = [];
    private readonly List<DateTimeOffset> _silences = [];
    private readonly Dictionary<string, DateTimeOffset> _throttled = [];
    private int _requests;
    private int _born;
    private bool _isQuiet;

    public ScenarioRun(Scenario scenario)
    {
        _scenario = scenario;
        World = new World(scenario.Seed);
        _tables = new SimulatedTables(World);
        _queue = new AuditQueue(World);
        Books = new Books(_tables, Accounts) { ClaimOf = id => _claims.GetValueOrDefault(id) };
        _tables.Observer = Books.Observe;
        _tables.Refuses = actions => actions.Any(
            action => ((TableEntity)action.Entity).Any(property => property.Value is string text && text.Contains(Poison, StringComparison.Ordinal)));
    }

    public World World { get; }

    public Books Books { get; }

    public int Granted => _answers.Count(answer => answer.Result.Charge is not null);

    /// <summary>Runs it. Throws where a promise is broken.</summary>
    public void Run() => World.Run(async () =>
    {
        await BeginAsync();
        _tables.Fate = isWrite => World.Random.Next(1000) >= _scenario.Mishaps ? Mishap.None
            : isWrite ? (Mishap)World.Random.Next(1, 6) : Mishap.LostBefore;
        var consuming = World.Spawn(ConsumeAllAsync);
        var beating = World.Spawn(BeatAsync);
        var deeds = new List<Task>();
        foreach (var step in _scenario.Steps)
        {
            await World.DelayAsync(TimeSpan.FromMilliseconds(step.Pause));
            deeds.Add(World.Spawn(() => DoAsync(step)));
        }

        await Task.WhenAll(deeds);
        _tables.Fate = _ => Mishap.None;
        _tables.IsDown = false;
        _tables.Throttled.Clear();
        await ComeToRestAsync();
        _isQuiet = true;
        await Task.WhenAll(consuming, beating);
        await CheckAsync();
    });

    private static void That(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new BrokenPromiseException(otherwise);
        }
    }

    private static string Id(char own) => new(own, 20);

    private async Task BeginAsync()
    {
        for (var i = 0; i < _scenario.Instances; i++)
        {
            Bear();
        }

        var store = _instances[0].Store;
        var refill = new RefillPolicy { Period = RefillPeriod.Daily, Amount = _scenario.Quota, TimeZone = "Europe/Berlin" };
        await store.TryAddPoolAsync(
            new PoolState
            {
                Id = PoolId,
                Settings = new PoolSettings { Name = "pool", Quota = _scenario.Quota * 3L / 2 },
                CreatedAt = World.ServiceTime,
                Balance = new QuotaBalance { Quota = _scenario.Quota * 3L / 2 },
            },
            CancellationToken.None);
        await AddAsync('A', null, new KeySettings { Name = "count", Quota = _scenario.Quota });
        await AddAsync('B', null, new KeySettings { Name = "rate", Quota = _scenario.Quota * 10L, RateLimitPerMinute = 1 + (_scenario.Quota / 4) });
        await AddAsync('C', null, new KeySettings { Name = "refill", Quota = _scenario.Quota, Refill = refill });
        await AddAsync('D', null, new KeySettings { Name = "tokens", Quota = _scenario.Quota * 2L, Unit = QuotaUnit.Tokens, QuotaType = QuotaType.Hybrid, ExpiresAt = Never });
        await AddAsync('E', null, new KeySettings { Name = "time", QuotaType = QuotaType.Time, ExpiresAt = Never, RateLimitPerMinute = 5 });
        await AddAsync('F', PoolId, new KeySettings { Name = "pooled", Quota = _scenario.Quota });
        await AddAsync('G', PoolId, new KeySettings { Name = "pooled, refilled", Quota = _scenario.Quota, Refill = refill with { Rollover = true }, RateLimitPerMinute = 20 });
        await AddAsync('H', null, new KeySettings { Name = "few at once", Quota = _scenario.Quota * 5L, MaxConcurrent = 1 + (_scenario.Quota % 3) });
        await AddAsync('I', PoolId, new KeySettings { Name = "pooled, one at once", Quota = _scenario.Quota, MaxConcurrent = 1 });
        foreach (var account in _keys.Select(key => key.Locator.AccountId).Distinct())
        {
            Books.Open(account);
        }

        // A row that nobody can read, in an account that every sweep comes to before the others.
        var damaged = new TableEntity(Damaged, "commit:0000000000000000001") { ["CommitId"] = Guid.NewGuid(), ["At"] = World.ServiceTime, ["Owner"] = "nobody", ["Entries"] = "[{" };
        _tables.Observer = null;
        _tables.Apply(Accounts, [new TableTransactionAction(TableTransactionActionType.Add, damaged)]);
        _tables.Observer = Books.Observe;
        await _instances[0].OpenAccounts.MarkAsync(Damaged, CancellationToken.None);

        async Task AddAsync(char own, string? pool, KeySettings settings)
        {
            var id = pool is null ? "key_" + Id(own) : $"key_{pool["pool_".Length..]}_{Id(own)}";
            That(KeyLocator.TryParse(id, out var locator) & KeySecret.TryParse($"secret-of-{own}", out var secret), "A key's id and secret have another form");
            var key = new KeyState
            {
                Locator = locator,
                Prefix = "sim",
                Settings = settings,
                CreatedAt = World.ServiceTime,
                Secrets = [new SecretHash(secret.Hash)],
                Balance = new QuotaBalance { Type = settings.QuotaType, Unit = settings.Unit, Quota = settings.Quota },
                Rate = new RateWindow(),
            };
            key.Balance.SetRefill(settings.Refill, World.ServiceTime);
            await store.TryAddKeyAsync(key, CancellationToken.None);
            await _instances[0].Directory.AddAsync(secret, locator, CancellationToken.None);
            _keys.Add((locator, secret));
        }
    }

    private SimulatedInstance Bear()
    {
        var instance = new SimulatedInstance(World, _tables, _queue, $"instance-{_born++}", _scenario.Leases);
        _instances.Add(instance);
        return instance;
    }

    private SimulatedInstance Alive(int which)
    {
        var alive = _instances.Where(instance => !instance.IsDead).ToList();
        return alive[which % alive.Count];
    }

    private async Task DoAsync(Step step)
    {
        var instance = Alive(step.Instance);
        var (locator, secret) = _keys[step.Key % _keys.Count];
        var askedAt = World.ServiceTime;
        try
        {
            switch (step.Deed)
            {
                case Deed.Consume:
                    await ConsumeAsync(step, instance, secret);
                    break;
                case Deed.Poison:
                    await ConsumeAsync(step, instance, secret, Poison);
                    break;
                case Deed.Forward:
                    await ForwardAsync(step, instance, secret);
                    break;
                case Deed.Report:
                    await ReportAsync(step);
                    break;
                case Deed.TopUp:
                    await OnAsync(instance, instance.Keys.TopUpAsync(locator.KeyId, step.Cost, "admin", CancellationToken.None));
                    break;
                case Deed.Reset:
                    await OnAsync(instance, instance.Keys.ResetAsync(locator.KeyId, step.Variant % 2 == 0 ? null : _scenario.Quota, "admin", CancellationToken.None));
                    break;
                case Deed.ChangeQuota:
                    await ChangeAsync(key => key.Settings with { Quota = Math.Max(0, key.Settings.Quota + step.Cost - 20) });
                    break;
                case Deed.ChangeRate:
                    await ChangeAsync(key => key.Settings with { RateLimitPerMinute = step.Variant % 3 == 0 ? null : 1 + step.Cost });
                    break;
                case Deed.ChangeType:
                    await ChangeAsync(key => key.Settings with { QuotaType = key.Settings.Refill is null ? (QuotaType)(step.Variant % 3) : QuotaType.Hybrid, ExpiresAt = Never });
                    break;
                case Deed.Switch:
                    await OnAsync(instance, instance.Keys.ChangeAsync(
                        locator.KeyId, key => (key.Settings, key.Status == KeyStatus.Active ? KeyStatus.Disabled : KeyStatus.Active), "admin", CancellationToken.None));
                    break;
                case Deed.Revoke:
                    await OnAsync(instance, instance.Keys.RevokeAsync(locator.KeyId, "admin", CancellationToken.None));
                    break;
                case Deed.ResetPool:
                    await OnAsync(instance, instance.Pools.ResetAsync(PoolId, step.Variant % 2 == 0 ? null : _scenario.Quota, "admin", CancellationToken.None));
                    break;
                case Deed.TopUpPool:
                    await OnAsync(instance, instance.Pools.TopUpAsync(PoolId, step.Cost, "admin", CancellationToken.None));
                    break;
                case Deed.Sweep:
                    await OnAsync(instance, Result(instance.Sweeper.SweepAsync(CancellationToken.None)));
                    break;
                case Deed.TurnClock:
                    instance.Clock.Skew = TimeSpan.FromSeconds((step.Variant % 121) - 60);
                    break;
                case Deed.PassHours:
                    World.Leap(TimeSpan.FromHours(1 + (step.Variant % 30)));
                    _silences.Add(World.ServiceTime);
                    break;
                case Deed.Kill:
                    Bear();
                    instance.Kill();
                    break;
                case Deed.Outage:
                    _tables.IsDown = true;
                    await World.DelayAsync(TimeSpan.FromSeconds(step.Variant % 100));
                    _tables.IsDown = false;
                    _silences.Add(World.ServiceTime);
                    break;
                case Deed.Throttle:
                    _tables.Throttled.Add(locator.AccountId);
                    await World.DelayAsync(TimeSpan.FromSeconds(step.Variant % 30));
                    _tables.Throttled.Remove(locator.AccountId);
                    _throttled[locator.AccountId] = World.ServiceTime;
                    break;
            }
        }
        catch (Exception failure) when (failure is StorageUnavailableException or KeyNotFoundException
            || (failure is InvalidOperationException && step.Deed == Deed.Poison)
            || Core.Hosting.StorageErrors.IsTransient(failure))
        {
            // Said to the one who asked. A sweep meets the trouble of every account.
            That(
                failure is KeyNotFoundException or InvalidOperationException || IsDisturbed(askedAt, locator.AccountId) || (step.Deed == Deed.Sweep && _throttled.Count > 0), $"{step.Deed} was told {failure.Message} at {World.ServiceTime:O}, and nothing had gone wrong since {_tables.LastMishapAt:O}");
        }

        Task<Heard<ApiKey>> ChangeAsync(Func<ApiKey, KeySettings> change) => OnAsync(
            instance, instance.Keys.ChangeAsync(locator.KeyId, key => (change(key), key.Status), "admin", CancellationToken.None));
    }

    /// <summary>Waits for an answer, unless the instance dies first.</summary>
    private async Task<Heard<T>> OnAsync<T>(SimulatedInstance instance, Task<T> answer)
    {
        while (!answer.IsCompleted)
        {
            if (instance.IsDead)
            {
                return default;
            }

            await Task.WhenAny(answer, World.DelayAsync(TimeSpan.FromSeconds(1)));
        }

        return instance.IsDead ? default : new Heard<T>(true, await answer);
    }

    private static async Task<bool> Result(Task task)
    {
        await task;
        return true;
    }

    private async Task<Charge?> ChargeAsync(Step step, SimulatedInstance instance, KeySecret secret, ChargeKind kind, string prefix = "r")
    {
        var request = new ChargeRequest
        {
            Secret = secret,
            Cost = step.Cost,
            TokenEstimate = kind == ChargeKind.Forward ? new CostEstimate(step.Cost + 3, Least: (step.Cost + 4) / 2) : null,
            Kind = kind,
            HoldFor = step.Variant % 4 == 0 ? TimeSpan.FromSeconds(1 + (step.Variant * 60)) : null,
            RequestId = $"{prefix}{_requests++}",
            Provider = kind == ChargeKind.Forward ? "openai" : null,
            Idempotency = step.Claim == 0 ? null : new IdempotencyClaim($"claim-{step.Claim}", step.Variant % 10 == 9 ? "another" : $"the same {kind}"),
        };
        if (request.Idempotency is { } claim)
        {
            _claims[request.RequestId] = claim.Key;
        }

        var askedAt = World.ServiceTime;
        var answer = await OnAsync(instance, instance.Engine.ChargeAsync(request, CancellationToken.None));
        if (!answer.IsHeard)
        {
            return null;
        }

        That(
            answer.Value.Refusal != ChargeRefusal.QuotaUnavailable || IsDisturbed(askedAt, _keys.First(key => key.Secret == secret).Locator.AccountId),
            $"{request.RequestId} was told 503 at {World.ServiceTime:O}, and nothing had gone wrong since {_tables.LastMishapAt:O}");
        _answers.Add((request.RequestId, request.Idempotency?.Key, answer.Value, instance, askedAt));
        return answer.Value.IsAnswerKept ? null : answer.Value.Charge;
    }

    /// <summary>True where something went wrong so shortly before a request, or since, that it may be told so.</summary>
    private bool IsDisturbed(DateTimeOffset askedAt, string accountId) =>
        _tables.LastMishapAt + AfterMishap >= askedAt || _silences.Exists(at => at + AfterMishap >= askedAt)
        || _tables.Throttled.Contains(accountId) || (_throttled.TryGetValue(accountId, out var until) && until + AfterMishap >= askedAt);

    private async Task ConsumeAsync(Step step, SimulatedInstance instance, KeySecret secret, string prefix = "r")
    {
        if (await ChargeAsync(step, instance, secret, ChargeKind.Consume, prefix) is { } charge)
        {
            _consumed.Add(charge);
        }
    }

    private async Task ForwardAsync(Step step, SimulatedInstance instance, KeySecret secret)
    {
        if (await ChargeAsync(step, instance, secret, ChargeKind.Forward) is not { } charge)
        {
            return;
        }

        await World.DelayAsync(TimeSpan.FromMilliseconds(World.Random.Next(5000)));
        var replayed = charge.Cost == 0;
        var (outcome, cost) = (step.Variant % 5) switch
        {
            0 => (ChargeOutcome.Failed, 0L),
            1 => (ChargeOutcome.Succeeded, charge.Cost + World.Random.Next(5)),
            2 => (ChargeOutcome.Succeeded, Math.Max(0, charge.Cost - 1)),
            _ => (ChargeOutcome.Succeeded, charge.Cost),
        };
        var settlement = new Settlement
        {
            Charge = charge,
            Outcome = outcome,
            Cost = replayed ? 0 : cost,
            Repetition = outcome == ChargeOutcome.Failed ? Repetition.Anew : step.Variant % 3 == 0 ? Repetition.KeptAnswer : Repetition.OnceMore,
            Status = 200,
        };
        await OnAsync(instance, Result(instance.Engine.SettleAsync(settlement, CancellationToken.None)));
    }

    /// <summary>Reports on a charge, perhaps twice at once on two instances, and again until the answer is clear.</summary>
    private async Task ReportAsync(Step step)
    {
        if (_consumed.Count == 0)
        {
            return;
        }

        var charge = _consumed[step.Cost % _consumed.Count];
        var times = step.Variant % 3 == 0 ? 2 : 1;
        await Task.WhenAll(Enumerable.Range(step.Instance, times).Select(async which =>
        {
            for (var attempt = 0; attempt < 3; attempt++)
            {
                var instance = Alive(which + attempt);
                var answer = await OnAsync(instance, instance.Engine.SettleConsumedAsync(
                    charge.Request.Secret, charge.Id.ToString(), step.Variant % 2 == 0, step.Variant % 4, CancellationToken.None));
                if (answer is { IsHeard: true, Value.Status: not ConsumeSettlementStatus.Unavailable })
                {
                    if (answer.Value.Status == ConsumeSettlementStatus.Settled)
                    {
                        var id = $"{charge.Key.KeyId} {charge.Id}";
                        _reports[id] = _reports.GetValueOrDefault(id) + 1;
                    }

                    break;
                }
            }
        }));
    }

    private async Task ConsumeAllAsync()
    {
        while (!_isQuiet || _queue.Count > 0)
        {
            await World.DelayAsync(TimeSpan.FromMilliseconds(_queue.Count > 0 ? 50 : 1000));
            if (_queue.Count == 0)
            {
                continue;
            }

            var message = _queue.Take();
            var instance = Alive(World.Random.Next(100));
            try
            {
                if (!(await OnAsync(instance, Result(instance.ConsumeAsync(message)))).IsHeard)
                {
                    _queue.Return(message);
                }
            }
            catch (Exception failure) when (Core.Hosting.StorageErrors.IsTransient(failure))
            {
                _queue.Return(message);
            }
        }
    }

    private async Task BeatAsync()
    {
        while (!_isQuiet)
        {
            await World.DelayAsync(TimeSpan.FromSeconds(15));
            foreach (var instance in _instances.Where(instance => !instance.IsDead).ToList())
            {
                try
                {
                    await OnAsync(instance, Result(instance.BeatAsync()));
                }
                catch (Exception failure) when (Core.Hosting.StorageErrors.IsTransient(failure))
                {
                    // The next time.
                }
            }
        }
    }

    /// <summary>Until everything is settled: holds have run out, the log is complete, the ledger is compacted.</summary>
    private async Task ComeToRestAsync()
    {
        foreach (var instance in _instances)
        {
            instance.Clock.Skew = TimeSpan.Zero;
        }

        await World.DelayAsync(TimeSpan.FromMinutes(2));
        for (var sweep = 0; sweep < 5; sweep++)
        {
            await Alive(sweep).Sweeper.SweepAsync(CancellationToken.None);
            await World.DelayAsync(TimeSpan.FromMinutes(2));
            if (sweep == 1)
            {
                World.Leap(TimeSpan.FromHours(25));
            }
        }

        World.Leap(TimeSpan.FromDays(8) + TimeSpan.FromHours(50));
        await Alive(0).ExpiredMarks.DeleteAsync(CancellationToken.None);
        await World.DelayAsync(TimeSpan.FromMinutes(5));
        await Alive(0).ExpiredMarks.DeleteAsync(CancellationToken.None);

        // What was counted last is copied, and the marks of it are settled.
        await Alive(0).Sweeper.SweepAsync(CancellationToken.None);
        await World.DelayAsync(TimeSpan.FromMinutes(5));
        await Alive(0).Sweeper.SweepAsync(CancellationToken.None);
    }

    /// <summary>After rest nothing is left that is to be worked on, or grows: no ledger row, no lease, no mark, and nothing in the indexes of these.</summary>
    private void CheckRest()
    {
        var left = _tables.Query(Accounts, null).Where(row => row.PartitionKey != Damaged
            && (row.RowKey.StartsWith("commit:", StringComparison.Ordinal) || row.RowKey.StartsWith("lease:", StringComparison.Ordinal)
                || row.RowKey.StartsWith("settled:", StringComparison.Ordinal) || row.RowKey.StartsWith("idempotency:", StringComparison.Ordinal)
                || AccountRowKeys.IsProvisional(row.RowKey)));

        // An account may stay listed for a day on which it came to no mark, as the write that lists the day itself failed.
        var listed = _tables.Query("state", null).Where(row => row.RowKey != Damaged && row.PartitionKey is "open" or "marks" or "usage");
        var rows = left.Concat(listed).Select(row => $"{row.PartitionKey}/{row.RowKey}").ToList();
        That(rows.Count == 0, $"Left over: {string.Join(", ", rows.Take(10))}");
    }

    private async Task CheckAsync()
    {
        foreach (var (requestId, claim, result, instance, askedAt) in _answers)
        {
            var mayBeDead = instance.IsDead || _silences.Exists(at => at >= askedAt && at - askedAt < TimeSpan.FromDays(2));
            CheckAnswer(requestId, mayStand: claim is not null || mayBeDead, result, askedAt);
        }

        var granted = _answers.Where(answer => answer.Result is { Charge: not null, Replayed: false })
            .Select(answer => (answer.Result.KeyId, answer.Result.Charge!.Id)).ToList();
        That(granted.Distinct().Count() == granted.Count, "Two requests were granted the same charge");
        That(_reports.Values.All(times => times == 1), "A charge was reported on twice, and accepted both times");
        CheckRest();
        var logged = await ReadAllLogsAsync();
        foreach (var (locator, _) in _keys)
        {
            await CheckKeyAsync(locator, [.. logged.Where(row => row.KeyId == locator.KeyId)]);
        }

        var pool = await Alive(0).Pools.FindAsync(PoolId, CancellationToken.None);
        That(pool!.Quota.Used == Books.SumOf(PoolId) && pool.Quota.Held == 0, $"The pool has {pool.Quota.Used} used and {pool.Quota.Held} held, the ledger {Books.SumOf(PoolId)}");
    }

    private void CheckAnswer(string requestId, bool mayStand, ChargeResult result, DateTimeOffset askedAt)
    {
        var entry = Books.ByRequest.GetValueOrDefault(requestId);
        if (result is { Charge: { } charge, Replayed: var replayed })
        {
            That(Books.Charges.TryGetValue((result.KeyId!, charge.Id), out var booked), $"{requestId} was granted as {charge.Id}, which is not in the ledger");
            That(booked!.Entry.Delta == charge.Cost, $"{requestId} was granted at {charge.Cost}, and charged {booked.Entry.Delta}");
            That(replayed || booked == entry, $"{requestId} was granted as the charge of another");
        }
        else if (entry is not null)
        {
            // Told that it could not be decided, and decided all the same: given back, unless a repetition may have been told of it,
            // or the instance was killed before it could, or seemed so: an instance that is silent for a minute in the middle of it
            // is taken for dead, and its charge is closed as unknown.
            That(result.Refusal == ChargeRefusal.QuotaUnavailable, $"{requestId} was refused ({result.Refusal}), and is in the ledger");
            That(mayStand || entry.SettledAt is not null, $"{requestId} was told 503, was charged, and nothing was given back: asked at {askedAt:O}, charged at {entry.At:O} as {entry.Id}");
        }
    }

    /// <summary>The log of all keys.</summary>
    private async Task<List<AuditRow>> ReadAllLogsAsync()
    {
        var rows = new List<AuditRow>();
        string? cursor = null;
        do
        {
            var page = await Alive(0).Log.ReadAsync(new AuditQuery { PageSize = 50, Cursor = cursor }, CancellationToken.None);
            rows.AddRange(page.Rows);
            cursor = page.Next;
        }
        while (cursor is not null);

        That(rows.Zip(rows.Skip(1)).All(pair => pair.First.At >= pair.Second.At), "The log of all keys is not in the order of time");
        return rows;
    }

    private async Task CheckKeyAsync(KeyLocator locator, IReadOnlyList<AuditRow> inLogOfAll)
    {
        var books = await Alive(0).VerifyAsync(locator.KeyId);
        var sum = Books.SumOf(locator.KeyId);
        That(books == new Verification(true, sum, sum, sum, 0) { Unit = books?.Unit ?? default }, $"{locator.KeyId}: {books}, where {sum} is right");
        var key = await Alive(0).Store.LoadKeyAsync(locator, CancellationToken.None);
        That(key!.OpenCalls is null or 0, $"{locator.KeyId}: {key.OpenCalls} calls are under way at the end");
        That(key.Balance is { Held: 0, Leased: 0 }, $"{locator.KeyId}: {key.Balance.Held} held, {key.Balance.Leased} leased at the end");

        var rows = new Dictionary<string, AuditRow>();
        string? cursor = null;
        do
        {
            var page = await Alive(0).Log.ReadAsync(new AuditQuery { KeyId = locator.KeyId, PageSize = 1000, Cursor = cursor }, CancellationToken.None);
            foreach (var row in page.Rows)
            {
                That(rows.TryAdd(row.Id, row), $"{row.Id} is in the log twice");
            }

            cursor = page.Next;
        }
        while (cursor is not null);

        foreach (var charge in Books.Charges.Where(charge => charge.Key.KeyId == locator.KeyId).Select(charge => charge.Value))
        {
            That(rows.TryGetValue(charge.Id.ToString(), out var row), $"{charge.Id} of {charge.Entry.RequestId} is not in the log");
            That(row!.Cost == (charge.SettledAt ?? charge.Entry.Delta), $"{charge.Id} came to {charge.SettledAt ?? charge.Entry.Delta}, the log says {row.Cost}");
            That(row.At == charge.At && row.RequestId == charge.Entry.RequestId, $"{charge.Id}: the log does not say when, or what for");
        }

        That(
            inLogOfAll.OrderBy(row => row.Id, StringComparer.Ordinal).SequenceEqual(rows.Values.OrderBy(row => row.Id, StringComparer.Ordinal)),
            $"{locator.KeyId}: the log of all keys has {inLogOfAll.Count} rows of it, its own has {rows.Count}");
        await CheckCountsAsync(locator, [.. rows.Values]);
    }

    /// <summary>What was counted is what the log says.</summary>
    private async Task CheckCountsAsync(KeyLocator locator, IReadOnlyList<AuditRow> rows)
    {
        var reader = Alive(0).Get<LedgerReader>();
        var days = new UsageSum();
        await foreach (var day in reader.ReadDaysAsync(locator, CancellationToken.None))
        {
            day.Slots.Values.ToList().ForEach(slot => days.Add(slot));
            That(day.Used == day.Slots.Values.Sum(slot => slot.Used), $"{locator.KeyId}: the slots of {day.Day} come to something else than the day");
        }

        var requests = rows.Where(row => OutcomeNames.All.Contains(row.Outcome)).ToList();
        var counts = days.Total;
        var told = string.Join(' ', requests.GroupBy(row => row.Outcome).OrderBy(rows => rows.Key, StringComparer.Ordinal).Select(rows => $"{rows.Key}:{rows.Count()}"));
        var counted = string.Join(' ', counts.Outcomes.Select(outcome => $"{outcome.Key}:{outcome.Value}"));
        That(told == counted, $"{locator.KeyId}: {counted} were counted, the log has {told}");
        That(counts.Units == requests.Sum(row => row.Cost), $"{locator.KeyId}: {counts.Units} units were counted, the log has {requests.Sum(row => row.Cost)}");
        That(days.Used == Books.SumOf(locator.KeyId), $"{locator.KeyId}: {days.Used} are used by the days, where {Books.SumOf(locator.KeyId)} is right");

        var sum = (await reader.ReadSumAsync(locator.AccountId, locator.KeyId, CancellationToken.None)).Usage;
        days.Add(sum, -1);
        That(days.Adjusted == 0 && days.Cells.All(cell => cell.Counts is { Outcomes.Count: 0, Units: 0, Refunded: 0, Latency.IsEmpty: true }),
            $"{locator.KeyId}: its days come to something else than its sum");
    }

    private readonly record struct Heard<T>(bool IsHeard, T Value);
}
