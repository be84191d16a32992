using System.Numerics;
using Prometheus;
using QuotaFunctions.Core.Queues;

namespace QuotaFunctions.Core.Telemetry;

/// <summary>What is stored of the service as a whole, as Prometheus has it. Nothing of it is remembered here: every scrape is written anew.</summary>
internal sealed class FleetMetrics
{
    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    private readonly MetricFactory _metrics;

    /// <summary>Empty.</summary>
    public FleetMetrics() => _metrics = Metrics.WithCustomRegistry(_registry);

    /// <summary>Adds the queues.</summary>
    public void Add(IReadOnlyList<QueueStatus> queues)
    {
        var lengths = _metrics.CreateGauge("quota_queue_length", "Messages in a queue, approximately.", "queue");
        var poison = _metrics.CreateGauge("quota_poison_messages", "Messages that their function failed on too often, approximately.", "queue");
        foreach (var queue in queues)
        {
            lengths.WithLabels(queue.Name).Set(queue.Length);
            poison.WithLabels(queue.Name).Set(queue.PoisonLength);
        }
    }

    /// <summary>Adds whether providers take the service's credential.</summary>
    public void Add(IReadOnlyDictionary<string, bool> credentials)
    {
        var ok = _metrics.CreateGauge("quota_provider_credential_ok", "1 where a provider's last answer was not that it refuses the credential (401, 402, 403), else 0.", "provider");
        foreach (var (provider, isOk) in credentials)
        {
            ok.WithLabels(provider).Set(isOk ? 1 : 0);
        }
    }

    /// <summary>Adds usage.</summary>
    /// <param name="figures">The figures.</param>
    /// <param name="withKeys">Whether series that name keys are part of it.</param>
    public void Add(FleetFigures figures, bool withKeys)
    {
        AddCounters(
            "requests", "outcome", figures.Requests, figures.RequestsWithdrawn,
            "Admitted requests, by how they ended.", "Of those, the ones that were counted again later, by another outcome.");
        AddCounters(
            "units", "unit", figures.Units, figures.UnitsWithdrawn,
            "What was charged, by unit; usd in US dollars.", "Of that, what was given back later.");

        var refused = _metrics.CreateCounter("quota_refused_total", "Requests that were not admitted, by the error's code.", "code");
        foreach (var (code, count) in figures.Refused)
        {
            refused.WithLabels(code).IncTo(count);
        }

        var tokens = _metrics.CreateCounter("quota_tokens_total", "Tokens that upstreams reported, by direction.", "direction", "provider", "model");
        foreach (var model in figures.Tokens)
        {
            tokens.WithLabels("in", model.Provider, model.Model).IncTo(model.Input);
            tokens.WithLabels("out", model.Provider, model.Model).IncTo(model.Output);
        }

        var total = figures.Requests.Values.Sum();
        Set("quota_total_requests", "Admitted requests since the beginning.", total);
        Set("quota_success_rate", "Admitted requests that succeeded, in per cent; 100 where there were none.", total == 0 ? 100 : 100d * figures.Succeeded / total);
        Set("quota_active_keys", "Keys that may be used.", figures.ActiveKeys);
        var alerts = _metrics.CreateGauge("quota_alerts_open", "Alerts that are open, and not snoozed.", "rule", "severity");
        foreach (var open in figures.OpenAlerts)
        {
            alerts.WithLabels(open.Rule, open.Severity).Set(open.Count);
        }

        if (figures.LedgerImbalance is { } imbalance)
        {
            Set("quota_ledger_imbalance", "By how much verified books do not balance, all accounts together. Must be 0.", (double)imbalance);
        }

        if (withKeys)
        {
            AddKeys(figures.NearestToEnd);
        }
    }

    /// <summary>Writes what was added.</summary>
    public Task WriteAsync(Stream output, CancellationToken cancellationToken) => _registry.CollectAndExportAsTextAsync(output, cancellationToken);

    /// <summary>Adds a counter that never goes back, and one of what was withdrawn of it: what is left is their difference.</summary>
    private void AddCounters<T>(
        string what, string label, IReadOnlyDictionary<string, T> left, IReadOnlyDictionary<string, T> withdrawn, string help, string withdrawnHelp)
        where T : struct, INumber<T>
    {
        var all = _metrics.CreateCounter($"quota_{what}_total", help, label);
        var less = _metrics.CreateCounter($"quota_{what}_withdrawn_total", withdrawnHelp, label);
        foreach (var name in left.Keys.Union(withdrawn.Keys))
        {
            var gone = withdrawn.GetValueOrDefault(name);
            all.WithLabels(name).IncTo(double.CreateChecked(left.GetValueOrDefault(name) + gone));
            less.WithLabels(name).IncTo(double.CreateChecked(gone));
        }
    }

    private void AddKeys(IReadOnlyList<KeyFigures> keys)
    {
        var limits = _metrics.CreateGauge("quota_limit", "A key's quota, by unit; usd in US dollars. Only the keys that are nearest to their end.", "key", "unit");
        var remaining = _metrics.CreateGauge("quota_remaining", "What is left of a key's quota, by unit; usd in US dollars. Only the keys that are nearest to their end.", "key", "unit");
        foreach (var key in keys.Take(FleetFigures.MaxKeys))
        {
            limits.WithLabels(key.Id, key.Unit).Set((double)key.Limit);
            remaining.WithLabels(key.Id, key.Unit).Set((double)key.Remaining);
        }
    }

    private void Set(string name, string help, double value) => _metrics.CreateGauge(name, help).Set(value);
}
