using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Tests.Charging.Simulation;
using static QuotaFunctions.Tests.Charging.Simulation.OneKeyWorld;

namespace QuotaFunctions.Tests.Charging;

/// <summary>What is charged on a lease is in the ledger under the lease's own numbers, and as much in the books as anything else.</summary>
public sealed class LeaseTests
{
    [Fact]
    public void A_charge_on_a_lease_is_settled_by_another_instance_while_the_lease_is_out_and_when_it_is_over() => Run(1, instances: 2, async (world, instances) =>
    {
        await ChargeAsync(instances[0]);
        var first = (await ChargeAsync(instances[0])).Charge!;
        var second = (await ChargeAsync(instances[0])).Charge!;
        var lease = Assert.Single(await LeasesAsync(instances[1]));
        Assert.Equal((lease.FirstSequence, 0), (first.Id.Sequence, first.Id.Index));
        Assert.Equal((lease.FirstSequence + 1, 0), (second.Id.Sequence, second.Id.Index));
        Assert.Equal(second.Id.Sequence, lease.Sequence);

        Assert.Equal(ConsumeSettlementStatus.Settled, await ReportAsync(first));
        await world.DelayAsync(TimeSpan.FromSeconds(5));
        Assert.Empty(await LeasesAsync(instances[1]));
        Assert.Equal(ConsumeSettlementStatus.Settled, await ReportAsync(second));
        Assert.Equal(ConsumeSettlementStatus.AlreadySettled, await ReportAsync(first));
        Assert.Equal(2 + 1 + 1, (await instances[1].VerifyAsync(Key.KeyId))!.Used);

        async Task<ConsumeSettlementStatus> ReportAsync(Charge charge) =>
            (await instances[1].Engine.SettleConsumedAsync(Secret, charge.Id.ToString(), success: true, cost: 1, CancellationToken.None)).Status;
    });

    [Fact]
    public void The_books_balance_over_many_commits_while_the_lease_is_out() => Run(2, instances: 2, async (_, instances) =>
    {
        var charges = new List<Charge>();
        for (var i = 0; i < 200; i++)
        {
            charges.Add((await ChargeAsync(instances[0], cost: 1)).Charge!);
        }

        Assert.Single(await LeasesAsync(instances[1]));
        Assert.Equal(200, charges.DistinctBy(charge => charge.Id).Count());
        Assert.Equal(new Verification(true, 200, 200, 0, 200), await instances[1].VerifyAsync(Key.KeyId));
    });

    /// <summary>More leases than one transaction can end.</summary>
    [Fact]
    public void A_disabled_key_is_dead_at_once_whatever_the_number_of_leases() => Run(3, instances: AccountTransaction.MaxEnding + 11, quota: 1_000_000_000, idleTime: TimeSpan.FromSeconds(20), deeds: async (world, instances) =>
    {
        foreach (var instance in instances.Skip(1))
        {
            await ChargeAsync(instance);
            await ChargeAsync(instance);
        }

        Assert.Equal(instances.Count - 1, (await LeasesAsync(instances[0])).Count);
        var before = world.ServiceTime;
        await instances[0].Keys.ChangeAsync(Key.KeyId, key => (key.Settings, KeyStatus.Disabled), "admin", CancellationToken.None);

        // It does not wait for anybody to give a lease back.
        Assert.InRange(world.ServiceTime - before, TimeSpan.Zero, TimeSpan.FromSeconds(0.5));
        Assert.Empty(await LeasesAsync(instances[0]));
        foreach (var instance in instances)
        {
            Assert.Equal(ChargeRefusal.KeyDisabled, (await ChargeAsync(instance)).Refusal);
        }

        var used = 2 * 2 * (instances.Count - 1);
        Assert.Equal(new Verification(true, used, used, 0, used), await instances[0].VerifyAsync(Key.KeyId));
    });

    /// <summary>Whoever needs the whole account is let through by those who spend from leases, however many and however fast.</summary>
    [Fact]
    public void An_act_does_not_have_to_wait_for_a_lull() => Run(5, instances: 8, quota: 1_000_000_000, deeds: async (world, instances) =>
    {
        var isOver = false;
        var load = instances.SelectMany(instance => Enumerable.Repeat(instance, 4)).Select(instance => world.Spawn(async () =>
        {
            while (!isOver)
            {
                Assert.NotNull((await ChargeAsync(instance)).Charge);
            }
        })).ToList();
        for (var act = 0; act < 10; act++)
        {
            await world.DelayAsync(TimeSpan.FromSeconds(1));
            Assert.NotEmpty(await LeasesAsync(instances[0]));
            var before = world.ServiceTime;
            await instances[act % instances.Count].Keys.TopUpAsync(Key.KeyId, 1, "admin", CancellationToken.None);
            Assert.InRange(world.ServiceTime - before, TimeSpan.Zero, TimeSpan.FromSeconds(0.5));
        }

        isOver = true;
        await Task.WhenAll(load);
    });

    [Fact]
    public void What_a_dead_instance_spent_is_in_the_log_with_one_sweep_and_the_rest_of_its_lease_is_free() => Run(4, instances: 2, async (world, instances) =>
    {
        await ChargeAsync(instances[0]);
        await ChargeAsync(instances[0]);
        await ChargeAsync(instances[0]);
        instances[0].Kill();
        await world.DelayAsync(TimeSpan.FromSeconds(35));
        await instances[1].Sweeper.SweepAsync(CancellationToken.None);
        await world.DelayAsync(TimeSpan.FromSeconds(30));
        Assert.Single(await LeasesAsync(instances[1]));

        await instances[1].Sweeper.SweepAsync(CancellationToken.None);

        Assert.Empty(await LeasesAsync(instances[1]));
        Assert.Equal(new Verification(true, 6, 6, 6, 0), await instances[1].VerifyAsync(Key.KeyId));
        Assert.Equal(0, (await instances[1].Store.LoadKeyAsync(Key, CancellationToken.None))!.Balance.Leased);
    });

    /// <summary>That another instance ends its lease does not make what it spent any younger.</summary>
    [Fact]
    public void What_a_dead_instance_spent_is_in_the_log_in_time_though_another_has_ended_its_lease() => Run(7, instances: 2, async (world, instances) =>
    {
        await ChargeAsync(instances[0]);
        await ChargeAsync(instances[0]);
        instances[0].Kill();
        await world.DelayAsync(TimeSpan.FromSeconds(50));
        await instances[1].Keys.TopUpAsync(Key.KeyId, 1, "admin", CancellationToken.None);
        Assert.Empty(await LeasesAsync(instances[1]));
        await world.DelayAsync(TimeSpan.FromSeconds(15));

        await instances[1].Sweeper.SweepAsync(CancellationToken.None);

        var page = await LogAsync(instances[1], outcome: "consumed");
        Assert.Equal(2, page.Rows.Count);
    });

    /// <summary>The correction may stand before the charge in the ledger, and both are left behind.</summary>
    [Fact]
    public void The_log_knows_when_a_charge_was_made_though_its_correction_is_found_first() => Run(6, instances: 2, async (world, instances) =>
    {
        await ChargeAsync(instances[0]);
        var charge = (await ChargeAsync(instances[0])).Charge!;
        await instances[0].Engine.SettleConsumedAsync(Secret, charge.Id.ToString(), success: true, cost: 1, CancellationToken.None);
        instances[0].Kill();
        await world.DelayAsync(TimeSpan.FromMinutes(5));
        await instances[1].Keys.TopUpAsync(Key.KeyId, 1, "admin", CancellationToken.None);
        Assert.Empty(await LeasesAsync(instances[1]));

        await SweepAsync(world, instances[1]);

        var page = await LogAsync(instances[1]);
        var row = Assert.Single(page.Rows, row => row.Id == charge.Id.ToString());
        Assert.Equal((charge.At, "r", 1L, "succeeded"), (row.At, row.RequestId, row.Cost, row.Outcome));
    });

    /// <summary>What it is charged is an estimate, which is held, and a hold is never spent from a lease.</summary>
    [Fact]
    public void A_key_that_counts_tokens_has_no_lease() => Run(9, instances: 2, async (_, instances) =>
    {
        await instances[0].Keys.ChangeAsync(Key.KeyId, key => (key.Settings with { Unit = QuotaUnit.Tokens }, key.Status), "admin", CancellationToken.None);
        for (var charge = 0; charge < 10; charge++)
        {
            Assert.NotNull((await ChargeAsync(instances[charge % 2])).Charge);
        }

        Assert.Empty(await LeasesAsync(instances[1]));
    });

    private static Task<IReadOnlyList<LeaseState>> LeasesAsync(SimulatedInstance instance) =>
        instance.Store.ReadLeasesAsync(Key.AccountId, CancellationToken.None);
}
