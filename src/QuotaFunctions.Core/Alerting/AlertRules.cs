namespace QuotaFunctions.Core.Alerting;

/// <summary>The names of the rules.</summary>
public static class AlertRules
{
    /// <summary>A key or a pool has used a threshold of its quota.</summary>
    public const string QuotaThreshold = "quota_threshold";

    /// <summary>A key runs out within a day.</summary>
    public const string QuotaForecast = "quota_forecast";

    /// <summary>Too many requests fail.</summary>
    public const string FailureRate = "failure_rate";

    /// <summary>A provider refuses the service's credential.</summary>
    public const string CredentialRefused = "credential_refused";

    /// <summary>A key is used far more than before.</summary>
    public const string UnusualRate = "unusual_rate";

    /// <summary>A queue is not worked off.</summary>
    public const string QueueBacklog = "queue_backlog";

    /// <summary>A function failed on a message too often.</summary>
    public const string QueuePoison = "queue_poison";

    /// <summary>A job did not run when it was due.</summary>
    public const string JobOverdue = "job_overdue";

    /// <summary>The report of a subscription was not asked for when it was due.</summary>
    public const string ReportOverdue = "report_overdue";

    /// <summary>The books of a key do not balance.</summary>
    public const string BooksUnbalanced = "books_unbalanced";

    /// <summary>No rule: somebody tries whether what is told arrives.</summary>
    public const string Test = "test";

    /// <summary>The subject of what is about the service as a whole.</summary>
    public const string Service = "service";

    /// <summary>All rules.</summary>
    public static IReadOnlyList<string> All { get; } =
        [QuotaThreshold, QuotaForecast, FailureRate, CredentialRefused, UnusualRate, QueueBacklog, QueuePoison, JobOverdue, ReportOverdue, BooksUnbalanced];
}

/// <summary>A rule that is evaluated by a timer.</summary>
internal interface IAlertRule
{
    /// <summary>Its name: one of <see cref="AlertRules"/>.</summary>
    string Name { get; }

    /// <summary>What there is now of what it looks for; null where that cannot be told, or has not changed: then everything stays as it is.</summary>
    Task<IReadOnlyList<AlertCondition>?> EvaluateAsync(DateTimeOffset now, CancellationToken cancellationToken);
}
