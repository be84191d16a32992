using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Quotas;
using QuotaFunctions.Tests.Quotas.Simulation;
using static QuotaFunctions.Tests.Quotas.Simulation.OneKeyWorld;

namespace QuotaFunctions.Tests.Quotas;

/// <summary>What is charged on a lease stands on its page, and is as much in the books as anything else.</summary>
public sealed class LeaseTests
{
    [Fact]
    public void A_charge_on_a_page_is_settled_by_another_instance_while_the_lease_is_out_and_when_it_is_over() => Run(1, instances: 2, async (world, instances) =>
    {
        await ChargeAsync(instances[0]);
        var first = (await ChargeAsync(instances[0])).Charge!;
        var second = (await ChargeAsync(instances[0])).Charge!;
        var lease = Assert.Single(await LeasesAsync(instances[1]));
        Assert.Equal((lease.Sequence, 0), (first.Id.Sequence, first.Id.Index));
        Assert.Equal((lease.Sequence, 1), (second.Id.Sequence, second.Id.Index));

        Assert.Equal(ConsumeSettlementStatus.Settled, await ReportAsync(first));
        await world.DelayAsync(TimeSpan.FromSeconds(5));
        Assert.Empty(await LeasesAsync(instances[1]));
        Assert.Equal(ConsumeSettlementStatus.Settled, await ReportAsync(second));
        Assert.Equal(ConsumeSettlementStatus.AlreadySettled, await ReportAsync(first));
        Assert.Equal(2 + 1 + 1, (await instances[1].Log.VerifyAsync(Key.KeyId, CancellationToken.None))!.Used);

        async Task<ConsumeSettlementStatus> ReportAsync(Charge charge) =>
            (await instances[1].Engine.SettleConsumedAsync(Secret, charge.Id.ToString(), success: true, cost: 1, CancellationToken.None)).Status;
    });

    [Fact]
    public void The_books_balance_over_many_pages_while_the_lease_is_out() => Run(2, instances: 2, async (_, instances) =>
    {
        var charges = new List<Charge>();
        for (var i = 0; i < 200; i++)
        {
            charges.Add((await ChargeAsync(instances[0], cost: 1)).Charge!);
        }

        Assert.Single(await LeasesAsync(instances[1]));
        Assert.Equal(200, charges.DistinctBy(charge => charge.Id).Count());
        Assert.InRange(charges.DistinctBy(charge => charge.Id.Sequence).Count(), 4, 8);
        Assert.Equal(new Verification(true, 200, 200, 0, 200), await instances[1].Log.VerifyAsync(Key.KeyId, CancellationToken.None));
    });

    /// <summary>More leases than one transaction can end.</summary>
    [Fact]
    public void A_disabled_key_is_dead_at_once_whatever_the_number_of_leases() => Run(3, instances: (6 * CommitDraft.MaxEnding) + 1, quota: 1_000_000_000, idleTime: TimeSpan.FromSeconds(20), deeds: async (world, instances) =>
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
        Assert.Equal(new Verification(true, used, used, 0, used), await instances[0].Log.VerifyAsync(Key.KeyId, CancellationToken.None));
    });

    [Fact]
    public void What_a_dead_instance_had_on_its_page_is_in_the_log_with_the_first_sweep_and_the_rest_of_its_lease_is_free() => Run(4, instances: 2, async (world, instances) =>
    {
        await ChargeAsync(instances[0]);
        await ChargeAsync(instances[0]);
        await ChargeAsync(instances[0]);
        instances[0].Kill();
        await world.DelayAsync(TimeSpan.FromSeconds(65));
        Assert.Single(await LeasesAsync(instances[1]));

        await instances[1].Sweeper.SweepAsync(CancellationToken.None);

        Assert.Empty(await LeasesAsync(instances[1]));
        Assert.Equal(new Verification(true, 6, 6, 6, 0), await instances[1].Log.VerifyAsync(Key.KeyId, CancellationToken.None));
        Assert.Equal(0, (await instances[1].Store.LoadKeyAsync(Key, CancellationToken.None))!.Meter.Leased);

        // And the page, a row by now, is folded like any other.
        await SweepAsync(world, instances[1]);
        Assert.Null(await instances[1].Store.FindCommitAsync(Key.AccountId, 2, CancellationToken.None));
        Assert.Equal(new Verification(true, 6, 6, 6, 0), await instances[1].Log.VerifyAsync(Key.KeyId, CancellationToken.None));
    });

    private static Task<IReadOnlyList<LeaseState>> LeasesAsync(SimulatedInstance instance) =>
        instance.Store.ReadLeasesAsync(Key.AccountId, CancellationToken.None);
}
