using QuotaFunctions.Core.Queues;

namespace QuotaFunctions.Core.Alerting;

/// <summary>A queue is not worked off.</summary>
internal sealed class QueueBacklogRule(Func<CancellationToken, Task<IReadOnlyList<QueueStatus>>> read) : IAlertRule
{
    /// <summary>More messages than this are too many.</summary>
    public const long MaxLength = 10_000;

    /// <summary>A message that has waited longer is too old.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(10);

    // A message that was to be seen an hour after it was sent is an hour old when it is seen first: it must be seen twice
    private HashSet<string> _oldBefore = [];

    /// <inheritdoc/>
    public string Name => AlertRules.QueueBacklog;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<AlertCondition>?> EvaluateAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var queues = await read(cancellationToken);
        var old = queues.Where(queue => queue.OldestAge > MaxAge).Select(queue => queue.Name).ToHashSet();
        var found = queues.Where(queue => queue.Length > MaxLength || (old.Contains(queue.Name) && _oldBefore.Contains(queue.Name)));
        var conditions = found.Select(queue => new AlertCondition(queue.Name, AlertSeverity.Warning, queue.Length, AlertData.Of(
            ("length", queue.Length), ("minutes", Math.Floor((queue.OldestAge ?? TimeSpan.Zero).TotalMinutes))))).ToList();
        _oldBefore = old;
        return conditions;
    }
}

/// <summary>A function failed on messages too often, and they are put aside.</summary>
internal sealed class QueuePoisonRule(Func<CancellationToken, Task<IReadOnlyList<QueueStatus>>> read) : IAlertRule
{
    /// <inheritdoc/>
    public string Name => AlertRules.QueuePoison;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<AlertCondition>?> EvaluateAsync(DateTimeOffset now, CancellationToken cancellationToken) =>
        [.. (await read(cancellationToken)).Where(queue => queue.PoisonLength > 0).Select(queue => new AlertCondition(
            queue.Name, AlertSeverity.Warning, queue.PoisonLength, AlertData.Of(("messages", queue.PoisonLength))))];
}
