using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;
using static QuotaFunctions.Tests.Charging.Simulation.BrokenPromiseException;

namespace QuotaFunctions.Tests.Charging.Simulation;

/// <summary>Runs a scenario, and holds it to the promises.</summary>
internal sealed class ScenarioRun
{
    /// <summary>How the id of a request begins whose charge the storage can never take.</summary>
    private const string Poison = "poison-";

    /// <summary>For how long a mishap may make itself felt: a write may come 8 s late, and those who wait for it have 6 s.</summary>
    private static readonly TimeSpan AfterMishap = TimeSpan.FromSeconds(20);

    private readonly Scenario _scenario;
    private readonly SimulatedTables _tables;
    private readonly ScenarioWorld _world;
    private readonly Dictionary<string, string> _claims = [];
    private readonly List<ScenarioAnswer> _answers = [];
    private readonly List<Charge> _consumed = [];
    private readonly Dictionary<string, int> _reports = [];
    private readonly List<DateTimeOffset> _silences = [];
    private readonly Dictionary<string, DateTimeOffset> _throttled = [];
    private int _requests;

    public ScenarioRun(Scenario scenario)
    {
        _scenario = scenario;
        World = new World(scenario.Seed);
        _tables = new SimulatedTables(World);
        Books = new Books(_tables, ScenarioWorld.Accounts) { ClaimOf = id => _claims.GetValueOrDefault(id) };
        _world = new ScenarioWorld(scenario, World, _tables, new AuditQueue(World), Books);
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
        await _world.BeginAsync();
        _tables.Fate = isWrite => World.Random.Next(1000) >= _scenario.Mishaps ? Mishap.None
            : isWrite ? (Mishap)World.Random.Next(1, 6) : Mishap.LostBefore;
        var consuming = World.Spawn(_world.ConsumeAllAsync);
        var beating = World.Spawn(_world.BeatAsync);
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
        await _world.ComeToRestAsync();
        _world.IsQuiet = true;
        await Task.WhenAll(consuming, beating);
        await CheckAsync();
    });

    private async Task DoAsync(Step step)
    {
        var instance = _world.Alive(step.Instance);
        var (locator, secret) = _world.Keys[step.Key % _world.Keys.Count];
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
                    await _world.OnAsync(instance, instance.Keys.TopUpAsync(locator.KeyId, step.Cost, "admin", CancellationToken.None));
                    break;
                case Deed.Reset:
                    await _world.OnAsync(instance, instance.Keys.ResetAsync(locator.KeyId, step.Variant % 2 == 0 ? null : _scenario.Quota, "admin", CancellationToken.None));
                    break;
                case Deed.ChangeQuota:
                    await ChangeAsync(key => key.Settings with { Quota = Math.Max(0, key.Settings.Quota + step.Cost - 20) });
                    break;
                case Deed.ChangeRate:
                    await ChangeAsync(key => key.Settings with { RateLimitPerMinute = step.Variant % 3 == 0 ? null : 1 + step.Cost });
                    break;
                case Deed.ChangeType:
                    await ChangeAsync(key => key.Settings with { QuotaType = key.Settings.Refill is null ? (QuotaType)(step.Variant % 3) : QuotaType.Hybrid, ExpiresAt = ScenarioWorld.Never });
                    break;
                case Deed.Switch:
                    await _world.OnAsync(instance, instance.Keys.ChangeAsync(
                        locator.KeyId, key => (key.Settings, key.Status == KeyStatus.Active ? KeyStatus.Disabled : KeyStatus.Active), "admin", CancellationToken.None));
                    break;
                case Deed.Revoke:
                    await _world.OnAsync(instance, instance.Keys.RevokeAsync(locator.KeyId, "admin", CancellationToken.None));
                    break;
                case Deed.ResetPool:
                    await _world.OnAsync(instance, instance.Pools.ResetAsync(ScenarioWorld.PoolId, step.Variant % 2 == 0 ? null : _scenario.Quota, "admin", CancellationToken.None));
                    break;
                case Deed.TopUpPool:
                    await _world.OnAsync(instance, instance.Pools.TopUpAsync(ScenarioWorld.PoolId, step.Cost, "admin", CancellationToken.None));
                    break;
                case Deed.Sweep:
                    await _world.OnAsync(instance, instance.Sweeper.SweepAsync(CancellationToken.None));
                    break;
                case Deed.TurnClock:
                    instance.Clock.Skew = TimeSpan.FromSeconds((step.Variant % 121) - 60);
                    break;
                case Deed.PassHours:
                    World.Leap(TimeSpan.FromHours(1 + (step.Variant % 30)));
                    _silences.Add(World.ServiceTime);
                    break;
                case Deed.Kill:
                    _world.Bear();
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
            || StorageErrors.IsTransient(failure))
        {
            // Said to the one who asked. A sweep meets the trouble of every account.
            That(
                failure is KeyNotFoundException or InvalidOperationException || IsDisturbed(askedAt, locator.AccountId) || (step.Deed == Deed.Sweep && _throttled.Count > 0), $"{step.Deed} was told {failure.Message} at {World.ServiceTime:O}, and nothing had gone wrong since {_tables.LastMishapAt:O}");
        }

        Task<Heard<ApiKey>> ChangeAsync(Func<ApiKey, KeySettings> change) => _world.OnAsync(
            instance, instance.Keys.ChangeAsync(locator.KeyId, key => (change(key), key.Status), "admin", CancellationToken.None));
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
        var answer = await _world.OnAsync(instance, instance.Engine.ChargeAsync(request, CancellationToken.None));
        if (!answer.IsHeard)
        {
            return null;
        }

        That(
            answer.Value.Refusal != ChargeRefusal.QuotaUnavailable || IsDisturbed(askedAt, _world.Keys.First(key => key.Secret == secret).Locator.AccountId),
            $"{request.RequestId} was told 503 at {World.ServiceTime:O}, and nothing had gone wrong since {_tables.LastMishapAt:O}");
        _answers.Add(new ScenarioAnswer(request.RequestId, request.Idempotency?.Key, answer.Value, instance, askedAt));
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
        await _world.OnAsync(instance, instance.Engine.SettleAsync(settlement, CancellationToken.None));
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
                var instance = _world.Alive(which + attempt);
                var answer = await _world.OnAsync(instance, instance.Engine.SettleConsumedAsync(
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

    private async Task CheckAsync()
    {
        var checks = new ScenarioChecks(_tables, Books, _world.Alive(0));
        foreach (var answer in _answers)
        {
            var mayBeDead = answer.By.IsDead || _silences.Exists(at => at >= answer.AskedAt && at - answer.AskedAt < TimeSpan.FromDays(2));
            checks.CheckAnswer(answer, mayStand: answer.Claim is not null || mayBeDead);
        }

        That(_reports.Values.All(times => times == 1), "A charge was reported on twice, and accepted both times");
        checks.CheckRest();
        await checks.CheckKeysAsync(_world.Keys.Select(key => key.Locator));
    }
}
