using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Usage;

namespace QuotaFunctions.Core.Alerting;

/// <summary>Changes alerts: reads one, decides, and writes it on condition that nobody has changed it meanwhile.</summary>
internal sealed partial class AlertBook(AlertTable table, AlertOutbox outbox, TimeProvider clock, ILogger<AlertBook> logger)
{
    private const int MaxAttempts = 8;

    /// <summary>What a rule looks for is there.</summary>
    public Task HoldAsync(string rule, AlertCondition found, CancellationToken cancellationToken) =>
        ChangeAsync(Alert.IdOf(rule, found.Subject), (known, now) => AlertTransitions.Hold(known, rule, found, now), cancellationToken);

    /// <summary>What a rule looks for is not there any more.</summary>
    public Task ReleaseAsync(string id, CancellationToken cancellationToken) => ChangeKnownAsync(id, AlertTransitions.Release, cancellationToken);

    /// <summary>A quota has a standing.</summary>
    /// <inheritdoc cref="AlertTransitions.Reach"/>
    public Task ReachAsync(QuotaStanding standing, int threshold, CancellationToken cancellationToken) => ChangeAsync(
        Alert.IdOf(AlertRules.QuotaThreshold, standing.Subject), (known, now) => AlertTransitions.Reach(known, standing, threshold, now), cancellationToken);

    /// <summary>Tells of an alert again whose snooze has ended.</summary>
    public Task WakeAsync(string id, CancellationToken cancellationToken) => ChangeKnownAsync(id, AlertTransitions.Wake, cancellationToken);

    /// <summary>Has nobody told of an alert until a moment. As it is then; null where there is none.</summary>
    public Task<Alert?> SnoozeAsync(string id, TimeSpan time, CancellationToken cancellationToken) =>
        ChangeKnownAsync(id, (known, now) => AlertTransitions.Snooze(known, now + time, now), cancellationToken);

    /// <summary>Resolves an alert, whatever its rule says. As it is then; null where there is none.</summary>
    public Task<Alert?> ResolveAsync(string id, CancellationToken cancellationToken) => ChangeKnownAsync(id, AlertTransitions.Resolve, cancellationToken);

    private Task<Alert?> ChangeKnownAsync(string id, Func<Alert, DateTimeOffset, AlertChange?> decide, CancellationToken cancellationToken) =>
        ChangeAsync(id, (known, now) => known is null ? null : decide(known, now), cancellationToken);

    private async Task<Alert?> ChangeAsync(string id, Func<Alert?, DateTimeOffset, AlertChange?> decide, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var stored = await table.FindAsync(id, cancellationToken);
            if (decide(stored?.Alert, clock.GetUtcNow()) is not { } change)
            {
                return stored?.Alert;
            }

            var notices = change.Told is { } told ? outbox.RowsOf(new AlertNotice(told, change.After)) : [];
            if (!await table.TryWriteAsync(stored, change.After, notices, cancellationToken))
            {
                continue;
            }

            if (change.Told is not null)
            {
                LogTold(logger, change.Told.Value, change.After.Id, change.After.Rule, change.After.Subject);
                await outbox.ArmAsync(cancellationToken);
            }

            return change.After;
        }

        throw new StorageUnavailableException("The alert is too contended.");
    }

    [LoggerMessage(3101, LogLevel.Warning, "{Event}: alert {Id}, {Rule} of {Subject}.")]
    private static partial void LogTold(ILogger logger, AlertEvent @event, string id, string rule, string subject);
}
