using QuotaFunctions.Core.Auditing;
using static QuotaFunctions.Tests.Quotas.Simulation.OneKeyWorld;

namespace QuotaFunctions.Tests.Auditing;

/// <summary>In these worlds the messages to the log never arrive.</summary>
public sealed class SettlementSweeperTests
{
    /// <summary>The instance that sweeps is the one that charged: it lives.</summary>
    [Fact]
    public void What_was_consumed_is_in_the_log_though_its_message_is_stuck_and_its_process_lives() => Run(21, instances: 1, async (world, instances) =>
    {
        await ChargeAsync(instances[0]);
        await instances[0].Keys.TopUpAsync(Key.KeyId, 5, "admin", CancellationToken.None);
        await world.DelayAsync(TimeSpan.FromSeconds(55));
        await instances[0].Sweeper.SweepAsync(CancellationToken.None);
        Assert.Empty((await LogAsync(instances[0])).Rows);

        await world.DelayAsync(TimeSpan.FromSeconds(10));
        await instances[0].Sweeper.SweepAsync(CancellationToken.None);

        Assert.Equal(["topped_up", "consumed"], (await LogAsync(instances[0])).Rows.Select(row => row.Outcome));
        Assert.Equal(new Verification(true, 2, 2, 2, 0), await instances[0].Log.VerifyAsync(Key.KeyId, CancellationToken.None));
    });

    [Fact]
    public void How_a_forwarded_request_ended_is_for_its_process_to_say_as_long_as_that_lives() => Run(22, instances: 1, async (world, instances) =>
    {
        await ChargeAsync(instances[0], hold: TimeSpan.FromHours(2));
        await world.DelayAsync(TimeSpan.FromSeconds(65));
        await instances[0].BeatAsync();

        await instances[0].Sweeper.SweepAsync(CancellationToken.None);

        Assert.Empty((await LogAsync(instances[0])).Rows);
    });
}
