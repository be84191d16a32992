using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.IntegrationTests.Charging;

/// <summary>The engine on a real table, with one instance and with several.</summary>
public sealed class QuotaEngineTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private readonly string _prefix = AzuriteFixture.UniqueName()[..16];

    [Fact]
    public async Task Grants_exactly_the_quota_however_many_ask_at_once()
    {
        await using var engine = await StartAsync();
        var key = await IssueAsync(engine, new KeySettings { Name = "hot", Quota = 1000 });

        var results = await Clients.AskAsync(64, 5000, _ => engine.Engine.ChargeAsync(Consume(key), CancellationToken.None));

        Assert.Equal(1000, results.Count(result => result.Refusal is null));
        Assert.All(results.Where(result => result.Refusal is not null), result => Assert.Equal(ChargeRefusal.QuotaExhausted, result.Refusal));
        Assert.Equal(1000, results.Where(result => result.Charge is not null).Select(result => result.Charge!.Id).Distinct().Count());
        await AssertBalancedAsync(engine, key, used: 1000);
    }

    [Fact]
    public async Task Grants_exactly_the_quota_over_several_instances()
    {
        await using var first = await StartAsync();
        await using var second = await StartAsync();
        await using var third = await StartAsync();
        var key = await IssueAsync(first, new KeySettings { Name = "shared", Quota = 500 });
        EngineUnderTest[] engines = [first, second, third];

        var results = await Clients.AskAsync(30, 1500, i => engines[i % 3].Engine.ChargeAsync(Consume(key), CancellationToken.None));

        Assert.Equal(500, results.Count(result => result.Refusal is null));
        foreach (var engine in engines)
        {
            await engine.StopAsync();
        }

        await AssertBalancedAsync(first, key, used: 500);
    }

    [Fact]
    public async Task A_refund_is_in_the_books_once_and_can_be_spent_again()
    {
        await using var engine = await StartAsync();
        var key = await IssueAsync(engine, new KeySettings { Name = "refund", Quota = 3 });
        var charge = (await engine.Engine.ChargeAsync(Forward(key, cost: 3), CancellationToken.None)).Charge!;
        Assert.Equal(ChargeRefusal.QuotaExhausted, (await engine.Engine.ChargeAsync(Forward(key), CancellationToken.None)).Refusal);

        var refund = new Settlement { Charge = charge, Outcome = ChargeOutcome.Failed, Cost = 0, Status = 503 };
        await engine.Engine.SettleAsync(refund, CancellationToken.None);
        await engine.Engine.SettleAsync(refund, CancellationToken.None);

        var again = await engine.Engine.ChargeAsync(Forward(key, cost: 2), CancellationToken.None);
        Assert.Equal(1, again.Quota!.Remaining);
        await engine.Engine.SettleAsync(new Settlement { Charge = again.Charge!, Outcome = ChargeOutcome.Succeeded, Cost = 2, Status = 200 }, CancellationToken.None);
        await AssertBalancedAsync(engine, key, used: 2);
        var rows = (await engine.Log.ReadAsync(new() { KeyId = key.Key.Id }, CancellationToken.None)).Rows;
        Assert.Equal([("succeeded", 2L), ("failed", 0L)], rows.Select(row => (row.Outcome, row.Cost)));
    }

    [Theory]
    [InlineData(KeyStatus.Disabled, ChargeRefusal.KeyDisabled)]
    [InlineData(KeyStatus.Revoked, ChargeRefusal.KeyRevoked)]
    public async Task What_one_instance_does_to_a_key_holds_at_once_on_another(KeyStatus status, ChargeRefusal refusal)
    {
        await using var one = await StartAsync();
        await using var other = await StartAsync();
        var key = await IssueAsync(one, new KeySettings { Name = "stop", Quota = 100 });
        Assert.Null((await other.Engine.ChargeAsync(Consume(key), CancellationToken.None)).Refusal);

        if (status == KeyStatus.Revoked)
        {
            Assert.True(await one.Keys.RevokeAsync(key.Key.Id, "admin", CancellationToken.None));
        }
        else
        {
            await one.Keys.ChangeAsync(key.Key.Id, found => (found.Settings, status), "admin", CancellationToken.None);
        }

        Assert.Equal(refusal, (await other.Engine.ChargeAsync(Consume(key), CancellationToken.None)).Refusal);
    }

    [Fact]
    public async Task A_reset_shows_in_the_ledger_and_the_log()
    {
        await using var engine = await StartAsync();
        var key = await IssueAsync(engine, new KeySettings { Name = "reset", Quota = 10 });
        await engine.Engine.ChargeAsync(Consume(key, cost: 10), CancellationToken.None);

        var reset = await engine.Keys.ResetAsync(key.Key.Id, 20, "admin", CancellationToken.None);

        Assert.Equal((0L, 20L), (reset.Quota.Used, reset.Quota.Limit));
        Assert.Null((await engine.Engine.ChargeAsync(Consume(key, cost: 15), CancellationToken.None)).Refusal);
        await AssertBalancedAsync(engine, key, used: 15);
        var rows = (await engine.Log.ReadAsync(new() { KeyId = key.Key.Id }, CancellationToken.None)).Rows;
        Assert.Equal(["consumed", "reset", "consumed"], rows.Select(row => row.Outcome));
        Assert.Equal((-10L, "admin"), (rows[1].Cost, rows[1].Actor));
    }

    [Fact]
    public async Task A_pool_and_its_keys_are_charged_together_or_not_at_all()
    {
        await using var engine = await StartAsync();
        var pool = await engine.Get<IPoolService>().CreateAsync(new PoolSettings { Name = "team", Quota = 100 }, CancellationToken.None);
        var small = await IssueAsync(engine, new KeySettings { Name = "small", Quota = 30 }, pool.Id);
        var large = await IssueAsync(engine, new KeySettings { Name = "large", Quota = 1000 }, pool.Id);

        var results = await Clients.AskAsync(32, 400, i => engine.Engine.ChargeAsync(Consume(i % 2 == 0 ? small : large), CancellationToken.None));

        Assert.Equal(100, results.Count(result => result.Refusal is null));
        var state = await engine.Get<IPoolService>().FindAsync(pool.Id, CancellationToken.None);
        Assert.Equal(100, state!.Quota.Used);
        Assert.Equal(0, state.Quota.Remaining);
        var usedSmall = (await engine.Keys.FindAsync(small.Key.Id, CancellationToken.None))!.Quota.Used;
        var usedLarge = (await engine.Keys.FindAsync(large.Key.Id, CancellationToken.None))!.Quota.Used;
        Assert.Equal(30, usedSmall);
        Assert.Equal(70, usedLarge);
        await AssertBalancedAsync(engine, small, used: 30);
        await AssertBalancedAsync(engine, large, used: 70);
    }

    [Fact]
    public async Task An_Idempotency_Key_is_charged_once_in_parallel_on_several_instances_and_after_a_restart()
    {
        await using var one = await StartAsync();
        await using var other = await StartAsync();
        var key = await IssueAsync(one, new KeySettings { Name = "once", Quota = 10 });
        EngineUnderTest[] engines = [one, other];
        var claim = new IdempotencyClaim("order-1", "hash-a");

        var results = await Clients.AskAsync(16, 40, i => engines[i % 2].Engine.ChargeAsync(Consume(key) with { Idempotency = claim }, CancellationToken.None));

        Assert.All(results, result => Assert.Null(result.Refusal));
        Assert.Single(results.Select(result => result.Charge!.Id).Distinct());
        Assert.Single(results, result => !result.Replayed);
        await one.StopAsync();
        await other.StopAsync();
        await using var later = await StartAsync();
        Assert.True((await later.Engine.ChargeAsync(Consume(key) with { Idempotency = claim }, CancellationToken.None)).Replayed);
        var mismatch = await later.Engine.ChargeAsync(Consume(key) with { Idempotency = claim with { RequestHash = "hash-b" } }, CancellationToken.None);
        Assert.Equal(ChargeRefusal.IdempotencyMismatch, mismatch.Refusal);
        await AssertBalancedAsync(later, key, used: 1);
    }

    [Fact]
    public async Task A_forwarded_request_goes_out_once_more_uncharged_and_never_twice_at_a_time()
    {
        await using var engine = await StartAsync();
        await using var other = await StartAsync();
        var key = await IssueAsync(engine, new KeySettings { Name = "again", Quota = 10 });
        var request = Forward(key) with { Idempotency = new IdempotencyClaim("call-1", "hash") };
        EngineUnderTest[] engines = [engine, other];

        var first = await AskAsync();
        Assert.Equal((1, false), (first.Charge!.Cost, first.Replayed));
        await SettleAsync(first.Charge, Repetition.OnceMore);
        var again = await AskAsync();
        Assert.Equal((0, true), (again.Charge!.Cost, again.Replayed));
        await SettleAsync(again.Charge, Repetition.KeptAnswer);

        // On an instance that has nothing of it in memory
        await using var later = await StartAsync();
        var kept = await later.Engine.ChargeAsync(request, CancellationToken.None);
        Assert.True(kept.IsAnswerKept);
        Assert.Equal((again.Charge.Id, again.Charge.At), (kept.Charge!.Id, kept.Charge.At));
        await AssertBalancedAsync(engine, key, used: 1);

        async Task<ChargeResult> AskAsync()
        {
            var results = await Clients.AskAsync(6, 12, i => engines[i % 2].Engine.ChargeAsync(request, CancellationToken.None));
            Assert.Equal(11, results.Count(result => result.Refusal == ChargeRefusal.IdempotencyInProgress));
            return Assert.Single(results, result => result.Charge is not null);
        }

        Task SettleAsync(Charge charge, Repetition repetition) => engine.Engine.SettleAsync(
            new Settlement { Charge = charge, Outcome = ChargeOutcome.Succeeded, Cost = charge.Cost, Repetition = repetition, Status = 200 }, CancellationToken.None);
    }

    [Fact]
    public async Task A_consumed_charge_is_settled_once_whether_its_row_is_compacted_or_not()
    {
        await using var engine = await StartAsync();
        var key = await IssueAsync(engine, new KeySettings { Name = "report", Quota = 100 });
        var early = (await engine.Engine.ChargeAsync(Consume(key, cost: 10), CancellationToken.None)).Charge!;
        Assert.Equal(ConsumeSettlementStatus.Settled, (await SettleAsync(early, 4)).Status);

        var late = (await engine.Engine.ChargeAsync(Consume(key, cost: 20), CancellationToken.None)).Charge!;
        await Eventually.TrueAsync(
            async () =>
            {
                await engine.ConsumeAsync();
                return (await engine.Log.ReadAsync(new() { KeyId = key.Key.Id }, CancellationToken.None)).Rows.Count == 2;
            },
            TimeSpan.FromSeconds(20));
        var settled = await SettleAsync(late, 25);

        Assert.Equal((ConsumeSettlementStatus.Settled, 25L, 29L), (settled.Status, settled.Cost, settled.Quota!.Used));
        Assert.Equal(ConsumeSettlementStatus.AlreadySettled, (await SettleAsync(late, 1)).Status);
        Assert.Equal(ConsumeSettlementStatus.AlreadySettled, (await SettleAsync(early, 1)).Status);
        Assert.Equal(ConsumeSettlementStatus.NotFound, (await engine.Engine.SettleConsumedAsync(key.Secret, "chg_20260101-999-0", true, null, CancellationToken.None)).Status);
        await AssertBalancedAsync(engine, key, used: 29);

        Task<ConsumeSettlementResult> SettleAsync(Charge charge, long cost) =>
            engine.Engine.SettleConsumedAsync(key.Secret, charge.Id.ToString(), success: true, cost, CancellationToken.None);
    }

    [Fact]
    public async Task Leases_grant_the_whole_quota_and_not_a_unit_more_and_leave_nothing_set_aside()
    {
        EngineUnderTest[] engines = [await StartAsync("always"), await StartAsync("always"), await StartAsync("auto"), await StartAsync("off")];
        var key = await IssueAsync(engines[0], new KeySettings { Name = "leased", Quota = 20_000 });

        var results = await Clients.AskAsync(64, 10_000, i => engines[i % 4].Engine.ChargeAsync(Consume(key, cost: 1 + (i % 4)), CancellationToken.None));

        var granted = results.Where(result => result.Refusal is null).Sum(result => result.Charge!.Cost);
        Assert.Contains(results, result => result.Refusal == ChargeRefusal.QuotaExhausted);
        Assert.InRange(granted, 19_997, 20_000);
        foreach (var engine in engines)
        {
            await engine.StopAsync();
        }

        Assert.Empty(await engines[0].Get<IAccountStore>().ReadLeasesAsync(key.Key.Id, CancellationToken.None));
        await AssertBalancedAsync(engines[0], key, granted);
        foreach (var engine in engines)
        {
            await engine.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_key_is_revoked_at_once_although_another_instance_spends_from_a_lease()
    {
        await using var lessee = await StartAsync("always");
        await using var admin = await StartAsync("off");
        var key = await IssueAsync(admin, new KeySettings { Name = "leased", Quota = 1_000_000 });
        await lessee.Engine.ChargeAsync(Consume(key), CancellationToken.None);
        await lessee.Engine.ChargeAsync(Consume(key), CancellationToken.None);
        Assert.Single(await admin.Get<IAccountStore>().ReadLeasesAsync(key.Key.Id, CancellationToken.None));
        Assert.Equal(2, (await admin.Keys.FindAsync(key.Key.Id, CancellationToken.None))!.Quota.Used);

        await admin.Keys.RevokeAsync(key.Key.Id, "admin", CancellationToken.None);

        Assert.Equal(ChargeRefusal.KeyRevoked, (await lessee.Engine.ChargeAsync(Consume(key), CancellationToken.None)).Refusal);
        Assert.Empty(await admin.Get<IAccountStore>().ReadLeasesAsync(key.Key.Id, CancellationToken.None));
        await lessee.StopAsync();
        await AssertBalancedAsync(admin, key, used: 2);
    }

    private static ChargeRequest Consume(IssuedKey key, long cost = 1) =>
        new() { Secret = key.Secret, Cost = cost, Kind = ChargeKind.Consume, RequestId = "req" };

    private static ChargeRequest Forward(IssuedKey key, long cost = 1) =>
        new() { Secret = key.Secret, Cost = cost, Kind = ChargeKind.Forward, RequestId = "req", Provider = "openai" };

    private static Task<IssuedKey> IssueAsync(EngineUnderTest engine, KeySettings settings, string? poolId = null) =>
        engine.Keys.CreateAsync(settings, "test", poolId, "admin", CancellationToken.None);

    private static async Task AssertBalancedAsync(EngineUnderTest engine, IssuedKey key, long used)
    {
        await engine.StopAsync();
        await engine.ConsumeAsync();
        var books = await engine.VerifyAsync(key.Key.Id);
        Assert.Equal(new Verification(true, used, used, used, 0), books);
    }

    private Task<EngineUnderTest> StartAsync(string leases = "auto") =>
        EngineUnderTest.StartAsync(azurite.ConnectionString, _prefix, clock: null, leases);
}
