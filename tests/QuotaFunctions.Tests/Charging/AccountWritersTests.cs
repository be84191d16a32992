using Azure.Data.Tables;
using Microsoft.Extensions.Logging.Abstractions;
using Moq;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Tests.Charging.Simulation;
using static QuotaFunctions.Tests.Charging.Simulation.OneKeyWorld;

namespace QuotaFunctions.Tests.Charging;

/// <summary>What a lane does with those that cannot be decided, and what becomes of lanes at the end.</summary>
public sealed class AccountWritersTests
{
    private const string Poison = "poison";

    [Fact]
    public void What_storage_can_never_take_fails_alone_and_holds_up_nobody() => WithLanes(async (world, tables, lanes) =>
    {
        tables.Refuses = IsPoisoned;
        var charges = Enumerable.Range(0, 20).Select(number => ConsumeAsync(lanes, number % 7 == 3 ? Poison : $"r{number}")).ToList();

        for (var number = 0; number < charges.Count; number++)
        {
            if (number % 7 == 3)
            {
                await Assert.ThrowsAsync<InvalidOperationException>(() => charges[number]);
            }
            else
            {
                Assert.NotNull((await charges[number]).Charge);
            }
        }

        // And nothing is left over that would be in the way of the next.
        var before = world.ServiceTime;
        Assert.NotNull((await ConsumeAsync(lanes, "next")).Charge);
        Assert.InRange(world.ServiceTime - before, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    });

    /// <summary>It waits for storage as long as that takes; but not for what storage can never take.</summary>
    [Fact]
    public void A_settlement_that_storage_can_never_take_is_given_up() => WithLanes(async (_, tables, lanes) =>
    {
        var charge = (await ConsumeAsync(lanes, "r")).Charge!;
        tables.Refuses = actions => actions.Any(action => action.Entity.RowKey.StartsWith("settled:", StringComparison.Ordinal));

        await Assert.ThrowsAsync<InvalidOperationException>(() => lanes.SettleAsync(
            new Settlement { Charge = charge, Outcome = ChargeOutcome.Failed, Cost = 0 }));
        Assert.NotNull((await ConsumeAsync(lanes, "next")).Charge);
    });

    [Fact]
    public void An_operation_whose_decision_throws_fails_alone() => WithLanes(async (_, _, lanes) =>
    {
        var first = ConsumeAsync(lanes, "first");
        var faulty = lanes.RunAsync(Key.AccountId, new FaultyOperation(lanes.NewDeadline()));
        var last = ConsumeAsync(lanes, "last");

        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => faulty);
        Assert.NotNull((await first).Charge);
        Assert.NotNull((await last).Charge);
    });

    /// <summary>One row of a pool's partition that cannot be read.</summary>
    [Fact]
    public void A_key_of_a_pool_that_cannot_be_read_fails_alone() => Run(1, instances: 1, LeaseMode.Off, async (_, tables, instances) =>
    {
        var pool = await instances[0].Pools.CreateAsync(new PoolSettings { Name = "p", Quota = 100 }, CancellationToken.None);
        var good = await instances[0].Keys.CreateAsync(new KeySettings { Name = "good", Quota = 10 }, "sim", pool.Id, "admin", CancellationToken.None);
        var bad = await instances[0].Keys.CreateAsync(new KeySettings { Name = "bad", Quota = 10 }, "sim", pool.Id, "admin", CancellationToken.None);
        var row = tables.Find("accounts", pool.Id, "key:" + bad.Key.Locator.KeyId)!;
        row["Settings"] = "{";
        tables.Apply("accounts", [new TableTransactionAction(TableTransactionActionType.UpsertReplace, row)]);

        var charges = new[] { bad, good }.Select(key => instances[0].Engine.ChargeAsync(
            new ChargeRequest { Secret = key.Secret, Kind = ChargeKind.Consume, RequestId = "r" }, CancellationToken.None)).ToList();

        await Assert.ThrowsAnyAsync<System.Text.Json.JsonException>(() => charges[0]);
        Assert.NotNull((await charges[1]).Charge);
    });

    [Fact]
    public void A_drain_waits_for_a_lane_that_was_closed_as_idle() => WithLanes(async (world, tables, lanes) =>
    {
        var charge = (await ConsumeAsync(lanes, "r")).Charge!;
        tables.IsDown = true;
        var settling = lanes.RunAsync(Key.AccountId, new SettleCommand(new Settlement { Charge = charge, Outcome = ChargeOutcome.Failed, Cost = 0 }));
        await world.DelayAsync(Options.WriterLifetime * 3);

        var draining = lanes.DrainAsync(CancellationToken.None);
        await world.DelayAsync(TimeSpan.FromSeconds(10));
        Assert.False(draining.IsCompleted);

        tables.IsDown = false;
        await draining;
        Assert.False((await settling).AlreadySettled);
    });

    [Fact]
    public void Nothing_is_begun_after_a_drain() => WithLanes(async (_, _, lanes) =>
    {
        await lanes.DrainAsync(CancellationToken.None);

        await Assert.ThrowsAsync<StorageUnavailableException>(() => ConsumeAsync(lanes, "late"));
    });

    private static QuotaEngineOptions Options { get; } = new();

    private static bool IsPoisoned(IReadOnlyList<TableTransactionAction> actions) => actions.Any(
        action => action.Entity is TableEntity row && row.GetString("Entries") is { } entries && entries.Contains(Poison, StringComparison.Ordinal));

    private static Task<ChargeResult> ConsumeAsync(AccountWriters lanes, string requestId) => lanes.RunAsync(Key.AccountId, new ChargeCommand(
        new ChargeRequest { Secret = Secret, Kind = ChargeKind.Consume, RequestId = requestId }, Key, lanes.NewDeadline(), CancellationToken.None));

    private static void WithLanes(Func<World, SimulatedTables, AccountWriters, Task> test) => Run(1, instances: 1, LeaseMode.Off, async (world, tables, instances) =>
    {
        var options = new QuotaEngineOptions { Random = world.Random, Leases = LeaseMode.Off };
        var lanes = new AccountWriters(new WriterContext(
            instances[0].Store, Mock.Of<IAuditSink>(), instances[0].Clock, options, "instance-0",
            instances[0].OpenAccounts, instances[0].Marks, NullLogger<AccountWriter>.Instance));
        await test(world, tables, lanes);
    });

    private sealed class FaultyOperation(long deadline) : AccountCommand<bool>(Key.KeyId, deadline)
    {
        public override bool Decide(AccountTransaction draft)
        {
            draft.Change(Key.KeyId).Balance.Take(1, hold: false);
            throw new TimeZoneNotFoundException();
        }

        public override void DecideMissing()
        {
        }

        public override void Committed(AccountTransaction draft) => Succeed(true);

        public override void Answer() => Succeed(true);
    }
}
