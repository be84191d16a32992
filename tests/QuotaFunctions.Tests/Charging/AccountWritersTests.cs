using Azure.Data.Tables;
using Microsoft.Extensions.Logging.Abstractions;
using Moq;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Tests.Charging.Simulation;
using QuotaFunctions.Tests.Telemetry;
using static QuotaFunctions.Tests.Charging.Simulation.OneKeyWorld;

namespace QuotaFunctions.Tests.Charging;

/// <summary>What a writer does with those that cannot be decided, and what becomes of writers at the end.</summary>
public sealed class AccountWritersTests
{
    private const string Poison = "poison";

    [Fact]
    public void What_storage_can_never_take_fails_alone_and_holds_up_nobody() => WithWriters(async (world, tables, writers) =>
    {
        tables.Refuses = IsPoisoned;
        var charges = Enumerable.Range(0, 20).Select(number => ConsumeAsync(writers, number % 7 == 3 ? Poison : $"r{number}")).ToList();

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
        Assert.NotNull((await ConsumeAsync(writers, "next")).Charge);
        Assert.InRange(world.ServiceTime - before, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    });

    /// <summary>It waits for storage as long as that takes; but not for what storage can never take.</summary>
    [Fact]
    public void A_settlement_that_storage_can_never_take_is_given_up() => WithWriters(async (_, tables, writers) =>
    {
        var charge = (await ConsumeAsync(writers, "r")).Charge!;
        tables.Refuses = actions => actions.Any(action => action.Entity.RowKey.StartsWith("settled:", StringComparison.Ordinal));

        await Assert.ThrowsAsync<InvalidOperationException>(() => writers.SettleAsync(
            new Settlement { Charge = charge, Outcome = ChargeOutcome.Failed, Cost = 0 }));
        Assert.NotNull((await ConsumeAsync(writers, "next")).Charge);
    });

    [Fact]
    public void An_operation_whose_decision_throws_fails_alone() => WithWriters(async (_, _, writers) =>
    {
        var first = ConsumeAsync(writers, "first");
        var faulty = writers.RunAsync(Key.AccountId, new FaultyCommand(writers.NewDeadline()));
        var last = ConsumeAsync(writers, "last");

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
    public void A_drain_waits_for_a_lane_that_was_closed_as_idle() => WithWriters(async (world, tables, writers) =>
    {
        var charge = (await ConsumeAsync(writers, "r")).Charge!;
        tables.IsDown = true;
        var settling = writers.RunAsync(Key.AccountId, new SettleCommand(new Settlement { Charge = charge, Outcome = ChargeOutcome.Failed, Cost = 0 }));
        await world.DelayAsync(Options.WriterLifetime * 3);

        var draining = writers.DrainAsync(CancellationToken.None);
        await world.DelayAsync(TimeSpan.FromSeconds(10));
        Assert.False(draining.IsCompleted);

        tables.IsDown = false;
        await draining;
        Assert.False((await settling).AlreadySettled);
    });

    [Fact]
    public void Nothing_is_begun_after_a_drain() => WithWriters(async (_, _, writers) =>
    {
        await writers.DrainAsync(CancellationToken.None);

        await Assert.ThrowsAsync<StorageUnavailableException>(() => ConsumeAsync(writers, "late"));
    });

    private static QuotaEngineOptions Options { get; } = new();

    private static bool IsPoisoned(IReadOnlyList<TableTransactionAction> actions) => actions.Any(
        action => action.Entity is TableEntity row && row.GetString("Entries") is { } entries && entries.Contains(Poison, StringComparison.Ordinal));

    private static Task<ChargeResult> ConsumeAsync(AccountWriters writers, string requestId) => writers.RunAsync(Key.AccountId, new ChargeCommand(
        new ChargeRequest { Secret = Secret, Kind = ChargeKind.Consume, RequestId = requestId }, Key, writers.NewDeadline(), CancellationToken.None));

    private static void WithWriters(Func<World, SimulatedTables, AccountWriters, Task> test) => Run(1, instances: 1, LeaseMode.Off, async (world, tables, instances) =>
    {
        var options = new QuotaEngineOptions { Random = world.Random, Leases = LeaseMode.Off };
        var writers = new AccountWriters(new WriterContext(
            instances[0].Store, Mock.Of<ICommitListener>(), instances[0].Clock, options, "instance-0",
            instances[0].OpenAccounts, instances[0].Marks, instances[0].Get<Presence>(), TestMeters.Charging(), NullLogger<AccountWriter>.Instance));
        await test(world, tables, writers);
    });

    private sealed class FaultyCommand(long deadline) : AccountCommand<bool>(Key.KeyId, deadline)
    {
        public override Decision Decide(AccountTransaction transaction)
        {
            transaction.Change(Key.KeyId).Balance.Take(1, hold: false);
            throw new TimeZoneNotFoundException();
        }

        public override Decision DecideMissing() => Answered(true);
    }
}
