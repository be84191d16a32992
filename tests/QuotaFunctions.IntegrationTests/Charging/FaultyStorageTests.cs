using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.TestSupport;
using Xunit.Abstractions;

namespace QuotaFunctions.IntegrationTests.Charging;

/// <summary>
/// The engine on a real table behind something that delays, cuts connections before and after, answers 500 and 503, and carries
/// requests out twice: what callers were told, the record, the ledger and the log agree to the unit.
/// </summary>
public sealed class FaultyStorageTests(AzuriteFixture azurite, ITestOutputHelper output) : IClassFixture<AzuriteFixture>
{
    private readonly string _prefix = AzuriteFixture.UniqueName()[..16];

    [Theory]
    [InlineData("off", 1)]
    [InlineData("always", 2)]
    public async Task Twenty_thousand_charges_on_one_key_agree_to_the_unit(string leases, int seed)
    {
        const int quota = 15_000;
        await using var proxy = await StorageFaultProxy.StartAsync(azurite.Azurite);
        await using var first = await EngineUnderTest.StartAsync(proxy.ConnectionString, _prefix, leases: leases);
        await using var second = await EngineUnderTest.StartAsync(proxy.ConnectionString, _prefix, leases: leases);
        await using var third = await EngineUnderTest.StartAsync(proxy.ConnectionString, _prefix, leases: leases);
        EngineUnderTest[] engines = [first, second, third];
        var key = await first.Keys.CreateAsync(new KeySettings { Name = "hot", Quota = quota }, "test", null, "admin", CancellationToken.None);

        proxy.Decide = RandomFaults.Of(seed, 0.01).Decide;
        var results = await Clients.AskAsync(clients: 192, requests: 20_000, i => engines[i % 3].Engine.ChargeAsync(Consume(key, $"r{i}"), CancellationToken.None));
        proxy.Decide = _ => StorageFault.None;

        var granted = results.Count(result => result.Charge is not null);
        output.WriteLine($"seed {seed}: {granted} granted, {results.Count(r => r.Refusal == ChargeRefusal.QuotaExhausted)} exhausted, {results.Count(r => r.Refusal == ChargeRefusal.QuotaUnavailable)} unavailable, {proxy.ValidationErrors} faults in {proxy.Requests} requests");
        Assert.All(results.Where(result => result.Charge is null), result =>
            Assert.True(result.Refusal is ChargeRefusal.QuotaExhausted or ChargeRefusal.QuotaUnavailable, $"{result.Refusal}"));
        Assert.Equal(granted, results.Where(result => result.Charge is not null).Select(result => result.Charge!.Id).Distinct().Count());
        Assert.InRange(granted, quota / 2, quota);
        Assert.InRange(proxy.ValidationErrors, 10, int.MaxValue);
        await AssertBooksAsync(proxy, engines, [key], [granted]);
        if (results.All(result => result.Refusal != ChargeRefusal.QuotaUnavailable))
        {
            Assert.Equal(quota, granted);
        }
    }

    [Fact]
    public async Task Pools_holds_and_settlements_agree_to_the_unit()
    {
        await using var proxy = await StorageFaultProxy.StartAsync(azurite.Azurite);
        await using var first = await EngineUnderTest.StartAsync(proxy.ConnectionString, _prefix);
        await using var second = await EngineUnderTest.StartAsync(proxy.ConnectionString, _prefix);
        EngineUnderTest[] engines = [first, second];
        var pool = await first.Get<IPoolService>().CreateAsync(new PoolSettings { Name = "team", Quota = 3000 }, CancellationToken.None);
        IssuedKey[] keys =
        [
            await first.Keys.CreateAsync(new KeySettings { Name = "a", Quota = 1500 }, "test", pool.Id, "admin", CancellationToken.None),
            await first.Keys.CreateAsync(new KeySettings { Name = "b", Quota = 9000, Unit = QuotaUnit.Tokens }, "test", pool.Id, "admin", CancellationToken.None),
        ];
        var cameTo = new long[2];

        proxy.Decide = RandomFaults.Of(3, 0.01).Decide;
        await Clients.AskAsync(clients: 64, requests: 3000, async i =>
        {
            var which = i % 2;
            var engine = engines[i / 2 % 2].Engine;
            var request = new ChargeRequest { Secret = keys[which].Secret, Cost = 1, TokenEstimate = new CostEstimate(3), RequestId = $"r{i}", Provider = "sample" };
            if ((await engine.ChargeAsync(request, CancellationToken.None)).Charge is { } charge)
            {
                var cost = (i / 4 % 3) switch { 0 => 0, 1 => charge.Cost, _ => charge.Cost + 1 };
                Interlocked.Add(ref cameTo[which], cost);
                var settlement = new Settlement { Charge = charge, Outcome = cost == 0 ? ChargeOutcome.Failed : ChargeOutcome.Succeeded, Cost = cost, Status = 200 };
                await Eventually.GetAsync(async () =>
                {
                    await engine.SettleAsync(settlement, CancellationToken.None);
                    return "";
                });
            }

            return 0;
        });
        proxy.Decide = _ => StorageFault.None;

        await AssertBooksAsync(proxy, engines, keys, cameTo);
        var state = await first.Get<IPoolService>().FindAsync(pool.Id, CancellationToken.None);
        Assert.Equal((cameTo.Sum(), 0L), (state!.Quota.Used, state.Quota.Held));
    }

    [Fact]
    public async Task Storage_that_hangs_is_answered_in_time_and_when_it_is_back_so_is_the_engine()
    {
        await using var proxy = await StorageFaultProxy.StartAsync(azurite.Azurite);
        await using var engine = await EngineUnderTest.StartAsync(proxy.ConnectionString, _prefix);
        var key = await engine.Keys.CreateAsync(new KeySettings { Name = "hang", Quota = 100 }, "test", null, "admin", CancellationToken.None);
        Assert.NotNull((await engine.Engine.ChargeAsync(Consume(key, "before"), CancellationToken.None)).Charge);

        proxy.Decide = _ => StorageFault.Late(TimeSpan.FromMinutes(5));
        var start = TimeProvider.System.GetTimestamp();
        var answers = await Task.WhenAll(
            engine.Engine.ChargeAsync(Consume(key, "known"), CancellationToken.None),
            engine.Engine.ChargeAsync(Consume(key, "unknown") with { Secret = KeySecret.New("test") }, CancellationToken.None));
        var settled = await engine.Engine.SettleConsumedAsync(key.Secret, "chg_20260101-1-0", success: true, cost: null, CancellationToken.None);

        Assert.All(answers, answer => Assert.Equal(ChargeRefusal.QuotaUnavailable, answer.Refusal));
        Assert.Equal(ConsumeSettlementStatus.Unavailable, settled.Status);
        Assert.InRange(TimeProvider.System.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(20));
        proxy.Decide = _ => StorageFault.None;
        await Eventually.TrueAsync(async () => (await engine.Engine.ChargeAsync(Consume(key, "after"), CancellationToken.None)).Charge is not null);
    }

    private static ChargeRequest Consume(IssuedKey key, string requestId) =>
        new() { Secret = key.Secret, Kind = ChargeKind.Consume, RequestId = requestId };

    /// <summary>Waits until all is decided and logged; then the record, the ledger and the log come to what the callers were told.</summary>
    private static async Task AssertBooksAsync(StorageFaultProxy proxy, EngineUnderTest[] engines, IssuedKey[] keys, IReadOnlyList<long> expected)
    {
        foreach (var engine in engines)
        {
            await engine.StopAsync();
        }

        await proxy.SettleAsync();
        await engines[0].ConsumeAsync();
        for (var i = 0; i < keys.Length; i++)
        {
            var books = await engines[0].VerifyAsync(keys[i].Key.Id);
            Assert.Equal(new Verification(true, expected[i], expected[i], expected[i], 0) { Unit = keys[i].Key.Settings.Unit }, books);
        }
    }
}
