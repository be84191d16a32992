using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Reporting;

namespace QuotaFunctions.Tests.Reporting;

public sealed class ReportComposerTests
{
    private readonly Reports _world = new();

    [Fact]
    public void Totals_stand_beside_those_of_the_period_before()
    {
        var busy = _world.Add("busy", succeeded: 90, failed: 10, before: 40);
        var calm = _world.Add("calm", succeeded: 20, before: 20, model: null);
        var report = _world.Compose();

        Assert.Equal((120, 110, 10, 91.7, 8.3), (report.Total.Requests, report.Total.Success, report.Total.Failed, report.Total.SuccessRate, report.Total.FailureRate));
        Assert.Equal((60, 100.0), (report.TotalBefore.Requests, report.TotalBefore.SuccessRate));
        Assert.Equal([busy, calm], report.Keys.Select(key => key.Key));
        Assert.Equal([40, 20], report.Keys.Select(key => key.RequestsBefore));
        Assert.Equal([("gpt", 100), (null, 20)], report.Models.Select(model => (model.Model, model.Requests)));
        Assert.Equal([new ReportUnit(QuotaUnit.Requests, 120, 60, 1800)], report.Units);
        Assert.Equal((30, 120), (report.Series.Count, report.Series[0].Requests));
        Assert.Equal((2, 2), (report.ActiveKeys, report.KeyCount));
    }

    [Fact]
    public void Without_any_key_it_is_empty_and_well()
    {
        var report = _world.Compose();
        Assert.Equal((0, null, null), (report.Total.Requests, report.Total.SuccessRate, report.Total.LatencyP95Ms));
        Assert.Equal([new ReportUnit(QuotaUnit.Requests, 0, 0, 0)], report.Units);
        Assert.Empty(report.Keys);
        Assert.Empty(report.Anomalies);
        Assert.Equal(30, report.Series.Count);
    }

    [Fact]
    public void Units_are_told_apart()
    {
        _world.Add(succeeded: 3, standing: Reports.Standing(1000, 500));
        _world.Add(succeeded: 4, standing: Reports.Standing(1_000_000, 7, unit: QuotaUnit.Tokens));
        _world.Add(succeeded: 5, standing: Reports.Standing(1_000_000, 250_000, unit: QuotaUnit.Usd));
        Assert.Equal(
            [new ReportUnit(QuotaUnit.Requests, 3, 0, 500), new ReportUnit(QuotaUnit.Tokens, 4, 0, 7), new ReportUnit(QuotaUnit.Usd, 0.000005m, 0, 0.25m)],
            _world.Compose().Units);
    }

    [Fact]
    public void What_cannot_be_used_any_more_counts_for_what_it_did_and_not_for_what_is_left()
    {
        _world.Add(succeeded: 1, status: KeyStatus.Revoked, standing: Reports.Standing(10, 0));
        _world.Add(succeeded: 1, status: KeyStatus.Disabled);
        _world.Add(succeeded: 1, expiresAt: Reports.Now);
        _world.Add(succeeded: 1, standing: Reports.Standing(1000, 600));
        var report = _world.Compose();
        Assert.Equal((1, 4, 600m), (report.ActiveKeys, report.Total.Requests, report.Units.Single().Remaining));
        Assert.Empty(report.Anomalies);
    }

    [Theory]
    [InlineData(90, 10, false)] // 10 % are not above 10 %
    [InlineData(89, 11, true)]
    [InlineData(0, 0, false)]
    [InlineData(0, 1, true)]
    public void A_failure_rate_above_the_threshold_is_an_anomaly(long succeeded, long failed, bool isOne)
    {
        _world.Add(succeeded: succeeded, failed: failed, before: 100);
        Assert.Equal(isOne, _world.Compose().Anomalies.Any(anomaly => anomaly.Kind == AnomalyKind.FailureRate));
    }

    [Theory]
    [InlineData(100, 33, true)]
    [InlineData(99, 1, false)] // too few
    [InlineData(100, 34, false)]
    [InlineData(300, 100, false)] // not more than three times
    [InlineData(301, 100, true)]
    [InlineData(100, 0, true)]
    public void Far_more_requests_than_before_are_an_anomaly(long now, long before, bool isOne)
    {
        _world.Add(succeeded: now, before: before);
        Assert.Equal(isOne, _world.Compose().Anomalies.Any(anomaly => anomaly.Kind == AnomalyKind.RequestsSurge));
    }

    [Theory]
    [InlineData(99, 100, true)]
    [InlineData(100, 100, false)]
    [InlineData(0, 99, false)] // too few
    [InlineData(0, 100, true)]
    public void More_refusals_than_requests_are_an_anomaly(long admitted, long refused, bool isOne)
    {
        _world.Add(succeeded: admitted, before: admitted, refused: refused);
        var report = _world.Compose();
        Assert.Equal(isOne, report.Anomalies.Any(anomaly => anomaly.Kind == AnomalyKind.Refusals));
        Assert.Equal((refused, refused, 0), (report.Total.Refused, report.Keys.Single().Refused, report.TotalBefore.Refused));
    }

    [Theory]
    [InlineData(1000, 0, AnomalyKind.QuotaExhausted)]
    [InlineData(1000, 99, AnomalyKind.QuotaLow)]
    [InlineData(1000, 100, null)]
    [InlineData(0, 0, null)] // was never meant to be used
    [InlineData(null, null, null)]
    public void A_quota_that_is_used_up_or_low_is_an_anomaly(int? limit, int? remaining, AnomalyKind? kind)
    {
        _world.Add("it", standing: Reports.Standing(limit, remaining));
        var anomalies = _world.Compose().Anomalies;
        Assert.Equal(kind is null ? [] : [kind.Value], anomalies.Select(anomaly => anomaly.Kind));
        Assert.All(anomalies, anomaly => Assert.Equal((1, "it"), (anomaly.Count, anomaly.Keys.Single().Name)));
    }

    [Fact]
    public void The_thresholds_are_settings()
    {
        (_world.Options.FailureRatePercent, _world.Options.LowQuotaPercent) = (50, 5);
        _world.Add(succeeded: 60, failed: 40, before: 100, standing: Reports.Standing(100, 6));
        Assert.Empty(_world.Compose().Anomalies);
    }

    [Fact]
    public void The_keys_nearest_to_their_end_are_those_that_reached_it_then_those_that_reach_it_first()
    {
        _world.Add("far", succeeded: 10, standing: Reports.Standing(100_000, 90_000));
        _world.Add("soon", succeeded: 300, standing: Reports.Standing(1000, 100)); // ten a day
        _world.Add("sooner", succeeded: 300, standing: Reports.Standing(1000, 50));
        _world.Add("over", succeeded: 1, standing: Reports.Standing(1000, 0));
        _world.Add("low", standing: Reports.Standing(1000, 20));
        var nearest = _world.Compose().NearestToEnd;
        Assert.Equal(["over", "sooner", "soon", "low"], nearest.Select(key => key.Name));
        Assert.Equal([null, Reports.Now.AddDays(5), Reports.Now.AddDays(10), null], nearest.Select(key => key.RunsOutAt));
    }

    [Fact]
    public void Ten_thousand_keys_are_listed_and_the_rest_is_counted()
    {
        for (var key = 0; key < ReportComposer.MaxKeys + 5; key++)
        {
            _world.Add(succeeded: key % 3);
        }

        var report = _world.Compose();
        Assert.Equal((10_000, 10_005, 10_005), (report.Keys.Count, report.KeyCount, report.ActiveKeys));
        Assert.Equal(900 * 10_005m, report.Units.Single().Remaining);
    }

    [Fact]
    public void The_list_of_keys_is_left_out_where_it_is_not_wanted_and_everything_else_stays()
    {
        _world.Add("busy", succeeded: 3, standing: Reports.Standing(10, 0));
        _world.Add("idle");
        var whole = _world.Compose();
        Assert.Equal(2, whole.Keys.Count);
        Assert.Equivalent(whole with { Keys = [] }, _world.Compose(Reports.November with { OmitKeys = true }), strict: true);
    }

    [Theory]
    [InlineData(100, 10, 10, null, null, 100)]
    [InlineData(100, 10, 10, 101, null, 100)]
    [InlineData(100, 10, 10, 100, null, null)] // refilled just then
    [InlineData(100, 10, 10, 50, null, null)]
    [InlineData(100, 10, 10, null, 99, null)] // expires before
    [InlineData(0, 10, 10, null, null, null)] // is at its end
    [InlineData(100, 0, 10, null, null, null)]
    [InlineData(100, 10, 0, null, null, null)] // the period has not begun
    [InlineData(null, 10, 10, null, null, null)]
    [InlineData(100_000_000, 1, 10, null, null, null)] // not within a year
    public void A_quota_runs_out_at_the_rate_of_the_period(int? remaining, int cost, int hours, int? refillsIn, int? expiresIn, int? runsOutIn) => Assert.Equal(
        runsOutIn is { } end ? Reports.Now.AddHours(end) : null,
        KeyForecast.RunsOutAt(
            remaining, cost, TimeSpan.FromHours(hours), Reports.Now, refillsIn is { } refill ? Reports.Now.AddHours(refill) : null, expiresIn is { } expiry ? Reports.Now.AddHours(expiry) : null));
}
