using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Retention;
using QuotaFunctions.Tests.Telemetry;

namespace QuotaFunctions.Tests.Retention;

public sealed class StepBudgetTests
{
    private static readonly TimeSpan Call = TimeSpan.FromMilliseconds(20);

    private readonly FakeTimeProvider _clock = new();
    private readonly ChargingMetrics _charging = new(TestMeters.New(), new InFlightCharges());

    [Fact]
    public void It_is_spent_by_rows_or_by_time()
    {
        var byRows = NewBudget();
        byRows.Count(99);
        Assert.False(byRows.IsSpent);
        byRows.Count(1);
        Assert.True(byRows.IsSpent);

        var byTime = NewBudget();
        _clock.Advance(TimeSpan.FromSeconds(59));
        Assert.False(byTime.IsSpent);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(byTime.IsSpent);
    }

    [Fact]
    public void After_deleting_it_pauses_for_ten_times_as_long_as_that_took()
    {
        var budget = NewBudget();
        _clock.Advance(Call);
        AssertTakes(10 * Call, budget.PauseAfterDeletionAsync(CancellationToken.None));

        // The pause itself is no work
        _clock.Advance(2 * Call);
        AssertTakes(20 * Call, budget.PauseAfterDeletionAsync(CancellationToken.None));
    }

    [Fact]
    public void While_charges_are_decided_it_pauses_for_fifty_times_as_long()
    {
        var budget = NewBudget();
        _charging.Decided(Call);
        _clock.Advance(Call);
        AssertTakes(50 * Call, budget.PauseAfterDeletionAsync(CancellationToken.None));

        _charging.Decided(Call);
        _clock.Advance(Call);
        AssertTakes(50 * Call, budget.PauseAfterLookingAsync(CancellationToken.None));

        _clock.Advance(Call);
        AssertTakes(10 * Call, budget.PauseAfterDeletionAsync(CancellationToken.None));
    }

    [Fact]
    public void After_looking_it_pauses_for_those_who_charge_only()
    {
        var budget = NewBudget();
        _clock.Advance(Call);
        Assert.True(budget.PauseAfterLookingAsync(CancellationToken.None).IsCompletedSuccessfully);
    }

    [Fact]
    public void A_pause_has_an_end()
    {
        var budget = NewBudget();
        _clock.Advance(TimeSpan.FromSeconds(30));
        AssertTakes(TimeSpan.FromSeconds(10), budget.PauseAfterDeletionAsync(CancellationToken.None));
    }

    private StepBudget NewBudget() => new(100, TimeSpan.FromMinutes(1), _charging, _clock);

    private void AssertTakes(TimeSpan time, Task pause)
    {
        _clock.Advance(time - TimeSpan.FromMilliseconds(1));
        Assert.False(pause.IsCompleted);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(pause.IsCompletedSuccessfully);
    }
}
