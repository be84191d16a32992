using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Alerting;

/// <summary>Looks whether anything needs attention.</summary>
public interface IAlertEvaluator
{
    /// <summary>
    /// Evaluates all rules once. May be repeated, and run on several instances at a time. What fails is logged, and leaves the rest alone.
    /// </summary>
    Task EvaluateAsync(CancellationToken cancellationToken);
}

/// <inheritdoc cref="IAlertEvaluator"/>
internal sealed partial class AlertEvaluator(
    IEnumerable<IAlertRule> rules, AlertTable table, AlertBook book, QuotaThresholds thresholds, AlertOutbox outbox, TimeProvider clock, ILogger<AlertEvaluator> logger)
    : IAlertEvaluator
{
    /// <summary>How long a rule may take.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);

    /// <summary>Quotas that are looked at again in one turn.</summary>
    public const int QuotasPerTurn = 50;

    // Where the turn has come to. A process that begins anew begins from the beginning, which does no harm
    private string _lastQuota = "";

    /// <inheritdoc/>
    public async Task EvaluateAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<Alert>? live = null;
        await TryAsync("read", AlertRules.Service, async token => live = await table.ReadLiveAsync(token), cancellationToken);
        if (live is null)
        {
            return;
        }

        foreach (var alert in live)
        {
            if (AlertTransitions.Wake(alert, clock.GetUtcNow()) is not null)
            {
                await TryAsync(alert.Rule, alert.Subject, token => book.WakeAsync(alert.Id, token), cancellationToken);
            }
        }

        foreach (var rule in rules)
        {
            IReadOnlyList<AlertCondition>? found = null;
            await TryAsync(rule.Name, AlertRules.Service, async token => found = await rule.EvaluateAsync(clock.GetUtcNow(), token), cancellationToken);
            if (found is not null)
            {
                await ApplyAsync(rule.Name, found, live, cancellationToken);
            }
        }

        foreach (var alert in NextQuotas(live))
        {
            await TryAsync(alert.Rule, alert.Subject, token => thresholds.LookAgainAsync(alert, token), cancellationToken);
        }

        await TryAsync("tell", AlertRules.Service, outbox.ArmIfLeftAsync, cancellationToken);
    }

    private async Task ApplyAsync(string rule, IReadOnlyList<AlertCondition> found, IReadOnlyList<Alert> live, CancellationToken cancellationToken)
    {
        foreach (var condition in found)
        {
            await TryAsync(rule, condition.Subject, token => book.HoldAsync(rule, condition, token), cancellationToken);
        }

        var subjects = found.Select(condition => condition.Subject).ToHashSet();
        foreach (var alert in live.Where(alert => alert.Rule == rule && !subjects.Contains(alert.Subject)))
        {
            await TryAsync(rule, alert.Subject, token => book.ReleaseAsync(alert.Id, token), cancellationToken);
        }
    }

    /// <summary>Some of the quotas of which there is an alert, by turns.</summary>
    private List<Alert> NextQuotas(IReadOnlyList<Alert> live)
    {
        var order = live.Where(alert => alert.Rule == AlertRules.QuotaThreshold).OrderBy(alert => alert.Id, StringComparer.Ordinal).ToList();
        var next = order.Where(alert => string.CompareOrdinal(alert.Id, _lastQuota) > 0).Concat(order).DistinctBy(alert => alert.Id).Take(QuotasPerTurn).ToList();
        _lastQuota = next.LastOrDefault()?.Id ?? "";
        return next;
    }

    private async Task TryAsync(string rule, string subject, Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Deadline, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await work(either.Token);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            LogFailed(logger, rule, subject, deadline.IsCancellationRequested ? "it took too long" : StorageErrors.Kind(failure));
        }
    }

    [LoggerMessage(3120, LogLevel.Error, "Alerts: {Rule} of {Subject} failed ({Failure}); the next evaluation tries again.")]
    private static partial void LogFailed(ILogger logger, string rule, string subject, string failure);
}
