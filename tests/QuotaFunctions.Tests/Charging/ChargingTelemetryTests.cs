using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Tests.Charging.Simulation;
using QuotaFunctions.Tests.Telemetry;
using static QuotaFunctions.Tests.Charging.Simulation.OneKeyWorld;

namespace QuotaFunctions.Tests.Charging;

/// <summary>What the engine tells of itself is what it did.</summary>
public sealed class ChargingTelemetryTests
{
    [Fact]
    public void Decisions_and_commits_are_measured() => Run(seed: 1, instances: 1, LeaseMode.Off, quota: 6, deeds: async (_, _, instances) =>
    {
        using var decisions = Collect<double>(instances[0], "quota_decision_seconds");
        using var batches = Collect<int>(instances[0], "quota_commit_batch_size");
        using var conflicts = Collect<long>(instances[0], "quota_commit_conflicts_total");

        for (var i = 0; i < 4; i++)
        {
            await ChargeAsync(instances[0]);
        }

        Assert.Equal(4, decisions.GetMeasurementSnapshot().Count);
        Assert.All(decisions.GetMeasurementSnapshot().Take(3), decision => Assert.True(decision.Value > 0));
        Assert.Equal(3, batches.GetMeasurementSnapshot().Sum(batch => batch.Value));
        Assert.Equal(0, conflicts.GetMeasurementSnapshot().EvaluateAsCounter());
    });

    [Fact]
    public void A_commit_that_another_instance_was_ahead_of_is_a_conflict() => Run(seed: 1, instances: 2, LeaseMode.Off, async (_, _, instances) =>
    {
        using var conflicts = Collect<long>(instances[0], "quota_commit_conflicts_total");
        await ChargeAsync(instances[0]);
        Assert.Equal(0, conflicts.GetMeasurementSnapshot().EvaluateAsCounter());
        await ChargeAsync(instances[1]);
        await ChargeAsync(instances[0]);
        Assert.InRange(conflicts.GetMeasurementSnapshot().EvaluateAsCounter(), 1, 3);
    });

    [Fact]
    public void A_charge_that_storage_does_not_let_be_decided_is_told_with_its_cause() => Run(seed: 1, instances: 1, LeaseMode.Off, async (_, tables, instances) =>
    {
        using var unavailable = Collect<long>(instances[0], "quota_unavailable_total");
        tables.IsDown = true;
        Assert.Equal(ChargeRefusal.QuotaUnavailable, (await ChargeAsync(instances[0])).Refusal);
        tables.IsDown = false;
        Assert.NotNull(Assert.Single(unavailable.GetMeasurementSnapshot()).Tags["cause"]);
    });

    /// <summary>Two requests that one commit decides are two traces, and the commit is in both.</summary>
    [Fact]
    public void A_commit_is_part_of_the_trace_of_every_request_that_it_decided()
    {
        using var one = new SpanCollector();
        using var other = new SpanCollector();
        Run(seed: 1, instances: 1, LeaseMode.Off, async (_, _, instances) =>
        {
            Activity.Current = null;
            await ChargeAsync(instances[0]);
            await Task.WhenAll(ChargeInAsync(one), ChargeInAsync(other));

            Task ChargeInAsync(SpanCollector trace)
            {
                Activity.Current = trace.Client;
                return ChargeAsync(instances[0]);
            }
        });

        foreach (var trace in new[] { one, other })
        {
            var decision = trace.Span("quota decision");
            var commit = trace.Span("quota commit");
            Assert.Equal(trace.Client.SpanId, decision.ParentSpanId);
            Assert.Equal(decision.SpanId, commit.ParentSpanId);
        }

        Assert.Equal(one.Span("quota commit").GetTagItem("quota.commit.sequence"), other.Span("quota commit").GetTagItem("quota.commit.sequence"));
    }

    private static MetricCollector<T> Collect<T>(SimulatedInstance instance, string instrument)
        where T : struct => new(instance.Get<IMeterFactory>(), Instrumentation.Name, instrument);
}
